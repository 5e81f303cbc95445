// Messages that somebody copied in part: from a log line, a capture, a terminal. What is before the cut is shown.
import { encodeTtlv } from '@vcryptsim/kmip-lite';
import { findTrouble, redactMessage, renderHex, renderMessage } from '@vcryptsim/kmip-lite/text';
import { describe, expect, it } from 'vitest';
import { attribute } from '../src/attributes/standard-values.js';
import { requestTree } from '../src/message/request-message.js';
import { operationCodec } from '../src/operations/operation-codecs.js';
import { Operation } from '../src/spec/enumerations.generated.js';
import { toHex } from './support/hex.js';

const secret = Uint8Array.from({ length: 32 }, (_, at) => 0x42 ^ (at * 7));
const message = encodeTtlv(
  requestTree({
    header: { version: { major: 1, minor: 1 } },
    items: [
      {
        operation: Operation.Register,
        payload: operationCodec('Register').request.encode({
          object: {
            objectType: 'SymmetricKey',
            keyBlock: {
              keyFormatType: 'Raw',
              keyValue: { keyMaterial: secret },
              cryptographicAlgorithm: 'AES',
              cryptographicLength: 256,
            },
          },
          templateAttribute: {
            attributes: [attribute('Cryptographic Usage Mask', 12), attribute('Object Group', 'a')],
          },
        }),
      },
    ],
  }),
);
const whole = renderMessage(message);
/** `  BatchItem <counts ...>` without what is said of its length. */
const plain = (line: string) => line.replace(/ <.*(?:more than there are|bytes)>$/, '');

/** Places of the length fields of all structures but the outermost. */
function lengthsOf(bytes: Uint8Array): number[] {
  return renderHex(bytes)
    .filter(({ part, label, depth }) => part === 'head' && label.endsWith(' Structure') && depth > 0)
    .map(({ offsetBytes }) => offsetBytes + 4);
}

describe('a cut message', () => {
  it('is shown up to the cut, wherever that is', () => {
    let before = 0;
    for (let end = 1; end < message.length; end++) {
      const lines = renderMessage(message.subarray(0, end));
      const shown = lines.filter((line) => !/<unreadable/.test(line));
      expect(shown.map(plain)).toEqual(whole.slice(0, shown.length).map(plain));
      expect(shown.length).toBeGreaterThanOrEqual(before);
      before = shown.length;
      expect(findTrouble(message.subarray(0, end))).toMatchObject({ kind: 'malformed' });
    }
    expect(before).toBeGreaterThanOrEqual(whole.length - 1);
  });

  it('says what a value that is not all there belongs to, and how long it should be', () => {
    const at = Buffer.from(message).indexOf(Buffer.from(secret.subarray(0, 8)));
    const lines = renderMessage(message.subarray(0, at + 5));
    expect(lines[0]).toBe(
      `RequestMessage <counts ${message.length - 8} bytes, ${message.length - at - 5} more than there are>`,
    );
    expect(lines.at(-1)?.trim()).toBe(
      `KeyMaterial ByteString <unreadable from byte ${at - 8} on: it counts 32 bytes, more than there are>`,
    );
  });

  it('is shown byte by byte without a gap, and keeps its secret', () => {
    const start = toHex(secret.subarray(0, 6));
    for (let end = 1; end < message.length; end++) {
      const cut = message.subarray(0, end);
      const spans = renderHex(cut);
      let at = 0;
      for (const { offsetBytes, lengthBytes } of spans) {
        expect(offsetBytes).toBe(at);
        at += lengthBytes;
      }
      expect(at).toBe(end);
      expect(spans.map(({ hex }) => hex).join('')).not.toContain(start);
      expect(renderMessage(cut).join('')).not.toContain(start);
      expect(toHex(redactMessage(cut))).not.toContain(start);
    }
  });
});

describe('a wrong length inside a message', () => {
  it.each(lengthsOf(message).map((at) => [at]))(
    'at byte %i leaves what is before it, and more where it is too long',
    (at) => {
      const before = renderHex(message).filter(
        ({ part, offsetBytes }) => part === 'head' && offsetBytes < at - 4,
      ).length;
      for (const wrong of [0, 8, 0xffff, 0xffff_ffff]) {
        const changed = Uint8Array.from(message);
        new DataView(changed.buffer).setUint32(at, wrong);
        const lines = renderMessage(changed).map(plain);
        expect(lines.slice(0, before)).toEqual(whole.slice(0, before).map(plain));
        if (wrong < 0xffff) continue;
        expect(renderMessage(changed).join('\n')).toContain('more than there are');
        // What is inside it is still there to be read.
        expect(lines[before + 1]).toBe(plain(whole[before + 1] ?? ''));
        expect(renderMessage(changed).join('')).not.toContain(toHex(secret.subarray(0, 6)));
      }
    },
  );
});
