import { bytes, encodeTtlv, item, structure, Tag } from '@vcryptsim/kmip-lite';
import { MaskedBytes, SeededEntropy } from '@vcryptsim/simkit';
import { ByteScanner } from '@vcryptsim/simkit/scan';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { counted } from '../../../test/support/counted.js';
import { KeysOnWire } from '../src/needles/keys-on-wire.js';

const key = (fill: number) => new Uint8Array(32).fill(fill).map((byte, at) => byte ^ (at * 7));

/** As much of a Get answer as holds a key, at its depth. */
function answerWith(material: Uint8Array): Uint8Array {
  const inside = item(Tag.KeyValue, structure([item(Tag.KeyMaterial, bytes(material))]));
  const object = item(Tag.SymmetricKey, structure([item(Tag.KeyBlock, structure([inside]))]));
  return encodeTtlv(item(Tag.ResponseMessage, structure([item(Tag.BatchItem, structure([object]))])));
}

describe('keys learned on the wire', () => {
  afterEach(() => vi.restoreAllMocks());

  it('are needles that find the key in any form, each once, and hold no plain copy', () => {
    const learned = new KeysOnWire(new SeededEntropy(1));
    const message = answerWith(key(1));
    learned.learn(message);
    learned.learn(message);
    learned.learn(answerWith(key(2)));
    message.fill(0);
    expect(learned.needles().map(({ name }) => name)).toEqual([
      'kek #1 of the key server outside',
      'kek #2 of the key server outside',
    ]);
    const haystack = new TextEncoder().encode(`lead ${Buffer.from(key(1)).toString('base64')} trail`);
    const found = new ByteScanner(learned.needles()).scan(haystack);
    expect(found.map(({ needle }) => needle)).toEqual(['kek #1 of the key server outside']);
  });

  it('are not taken from what is no message, holds no key, or an empty one', () => {
    const learned = new KeysOnWire(new SeededEntropy(1));
    learned.learn(new Uint8Array(40).fill(7));
    learned.learn(new Uint8Array(0));
    learned.learn(answerWith(new Uint8Array(0)));
    expect(learned.needles()).toEqual([]);
  });

  it('are each compared with a few, not with all: linear at n and 2n', () => {
    const comparisons = (count: number) => {
      const compared = vi.spyOn(MaskedBytes.prototype, 'matchesAt');
      const learned = new KeysOnWire(new SeededEntropy(1));
      const keys = new SeededEntropy(2);
      for (let at = 0; at < count; at++) {
        const message = answerWith(keys.public(32, 'key'));
        learned.learn(message);
        learned.learn(message);
      }
      expect(learned.needles()).toHaveLength(count);
      expect(learned.needles(count - 1).map(({ name }) => name)).toEqual([`kek #${count} of the key server outside`]);
      const calls = compared.mock.calls.length;
      compared.mockRestore();
      return calls;
    };
    const [small, large] = [comparisons(400), comparisons(800)];
    const ratio = counted('comparisons of learned keys', [small, '400'], [large, '800']);
    expect(small).toBeGreaterThan(0);
    expect(ratio).toBeLessThan(2.2);
  });
});
