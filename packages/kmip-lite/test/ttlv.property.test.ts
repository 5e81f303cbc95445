import { decodeTtlv, encodeTtlv, type Item, TtlvError } from '@vcryptsim/kmip-lite';
import { renderHex, renderMessage, summarizeMessage } from '@vcryptsim/kmip-lite/text';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryItem } from './support/arbitrary-item.js';

function decoded(bytes: Uint8Array): Item | TtlvError {
  try {
    return decodeTtlv(bytes);
  } catch (error) {
    if (error instanceof TtlvError) return error;
    throw error;
  }
}

describe('TTLV', () => {
  it('reads back every tree that it wrote', () => {
    fc.assert(
      fc.property(arbitraryItem, (item) => {
        expect(decodeTtlv(encodeTtlv(item))).toEqual(item);
      }),
    );
  });

  it('writes back every byte of what it accepts, however a good message was changed', () => {
    const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(arbitraryItem, fc.array(change, { minLength: 1, maxLength: 4 }), (item, changes) => {
        const bytes = encodeTtlv(item);
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        const result = decoded(bytes);
        if (!(result instanceof TtlvError)) expect(encodeTtlv(result)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses every message that is cut, and every one with something behind it', () => {
    fc.assert(
      fc.property(arbitraryItem, fc.nat(), (item, cut) => {
        const bytes = encodeTtlv(item);
        expect(decoded(bytes.subarray(0, cut % bytes.length))).toBeInstanceOf(TtlvError);
        const longer = new Uint8Array(bytes.length + 8);
        longer.set(bytes);
        expect(decoded(longer)).toBeInstanceOf(TtlvError);
      }),
    );
  });

  it('shows any bytes without failing, in spans that cover them', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), arbitraryItem.map(encodeTtlv)), (bytes) => {
        renderMessage(bytes);
        summarizeMessage(bytes);
        let at = 0;
        for (const span of renderHex(bytes)) {
          expect(span.offsetBytes).toBe(at);
          expect(span.hex.length).toBe(span.lengthBytes * 2);
          at += span.lengthBytes;
        }
        expect(at).toBe(bytes.length);
      }),
    );
  });
});
