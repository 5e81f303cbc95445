import { MaskedBytes } from '@vcryptsim/simkit';
import { ByteScanner, NeedleSet, type ScanMatch } from '@vcryptsim/simkit/scan';
import { describe, expect, it } from 'vitest';
import { counted } from '../../../../test/support/counted.js';

const key = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 0xff);
const text = (s: string) => new TextEncoder().encode(s);
const scanAll = (needles: ConstructorParameters<typeof ByteScanner>[0], ...chunks: Uint8Array[]) => {
  const scanner = new ByteScanner(needles);
  return chunks.flatMap((chunk) => scanner.scan(chunk));
};
const forms = (matches: ScanMatch[]) => matches.map((match) => `${match.form}@${match.offsetBytes}`);

describe('ByteScanner', () => {
  it('finds a key at every alignment', () => {
    for (let at = 0; at < 40; at++) {
      const haystack = new Uint8Array(200).fill(0xee);
      haystack.set(key, at);
      expect(forms(scanAll([{ name: 'k', bytes: key }], haystack))).toEqual([`raw@${at}`]);
    }
  });

  it('finds a key across every split of the stream, once', () => {
    const haystack = new Uint8Array(90);
    haystack.set(key, 29);
    for (let split = 0; split <= haystack.length; split++) {
      const matches = scanAll([{ name: 'k', bytes: key }], haystack.subarray(0, split), haystack.subarray(split));
      expect(forms(matches)).toEqual(['raw@29']);
    }
    const bytewise = [...haystack].map((byte) => Uint8Array.of(byte));
    expect(forms(scanAll([{ name: 'k', bytes: key }], ...bytewise))).toEqual(['raw@29']);
  });

  it('finds it in hex of both cases, and in base64 wherever it begins', () => {
    const hex = Buffer.from(key).toString('hex');
    const one = (s: string) => forms(scanAll([{ name: 'k', bytes: key }], text(s)));
    expect(one(`xx${hex}xx`)).toEqual(['hex@2']);
    expect(one(`x${hex.toUpperCase()}`)).toEqual(['hex@1']);
    for (let before = 0; before < 7; before++) {
      for (let after = 0; after < 4; after++) {
        const written = Buffer.concat([Buffer.alloc(before, 0xab), key, Buffer.alloc(after, 0xcd)]);
        expect(one(written.toString('base64')), `${before} before, ${after} after`).toEqual([
          `base64@${Math.ceil((before * 8) / 6)}`,
        ]);
      }
    }
  });

  it('finds base64url and reversed bytes where asked to, and nothing in other forms', () => {
    const bytes = Uint8Array.from({ length: 24 }, () => 0xfb);
    bytes[3] = 1;
    const url = text(Buffer.from(bytes).toString('base64url'));
    expect(scanAll([{ name: 'k', bytes }], url)).toEqual([]);
    expect(forms(scanAll([{ name: 'k', bytes, forms: ['base64url'] }], url))).toEqual(['base64url@0']);
    const backwards = key.slice().reverse();
    expect(forms(scanAll([{ name: 'k', bytes: key, forms: ['reversed'] }], backwards))).toEqual(['reversed@0']);
    expect(scanAll([{ name: 'k', bytes: key, forms: ['hex'] }], key)).toEqual([]);
  });

  it('tells many needles apart, overlapping ones too', () => {
    const long = Uint8Array.from({ length: 40 }, (_, i) => i + 1);
    const inside = long.slice(5, 25);
    const matches = scanAll(
      [
        { name: 'long', bytes: long },
        { name: 'inside', bytes: inside },
      ],
      long,
      long,
    );
    expect(matches.map((match) => `${match.needle}@${match.offsetBytes}`)).toEqual([
      'long@0',
      'inside@5',
      'long@40',
      'inside@45',
    ]);
  });

  it('finds a repeated byte at every place, and does not run away', () => {
    const matches = scanAll(
      [{ name: 'A', bytes: new Uint8Array(16).fill(65), forms: ['raw'] }],
      new Uint8Array(40).fill(65),
    );
    expect(matches.map((match) => match.offsetBytes)).toEqual(Array.from({ length: 25 }, (_, i) => i));
  });

  it('finds short needles too, and refuses those that are no needles', () => {
    const haystack = text('....abcde....abcd');
    expect(forms(scanAll([{ name: 's', bytes: text('abcd'), forms: ['raw'] }], haystack))).toEqual(['raw@4', 'raw@13']);
    expect(() => new ByteScanner([{ name: 's', bytes: text('abc') }])).toThrow(/shorter/);
  });

  it('takes masked needles, which it never puts together', () => {
    const masked = MaskedBytes.of(
      key,
      Uint8Array.from(key, (byte) => byte ^ 0x5a),
    );
    expect(forms(scanAll([{ name: 'k', bytes: masked }], key))).toEqual(['raw@0']);
    expect(JSON.stringify(new ByteScanner([{ name: 'k', bytes: masked }]))).toBe('{}');
  });

  it('misses a key with one bit turned', () => {
    for (const bit of [0, 7, 100, 255]) {
      const turned = key.slice();
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(scanAll([{ name: 'k', bytes: key, forms: ['raw'] }], turned)).toEqual([]);
    }
  });

  it('starts over', () => {
    const scanner = new ByteScanner([{ name: 'k', bytes: key }]);
    scanner.scan(key.subarray(0, 20));
    scanner.restart(1000);
    expect(scanner.scan(key.subarray(20))).toEqual([]);
    expect(forms(scanner.scan(key))).toEqual(['raw@1012']);
  });
});

describe('NeedleSet', () => {
  const needleOf = (number: number) => {
    const bytes = new Uint8Array(32);
    let state = (Math.imul(number + 1, 0x2545f491) ^ 0x1234567) | 1;
    for (let i = 0; i < bytes.length; i++) {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
      bytes[i] = (state >>> 11) & 0xff;
    }
    return { name: `k${number}`, bytes, forms: ['raw' as const] };
  };
  const setOf = (count: number) => new NeedleSet(Array.from({ length: count }, (_, number) => needleOf(number)));

  it('offers few places of what is no needle, however many needles there are', () => {
    const haystack = new Uint8Array(512 * 1024 + 8);
    for (let i = 0; i < haystack.length; i += 32) haystack.set(needleOf(1_000_000 + i).bytes.subarray(0, 8), i);
    const candidates = (count: number): number => {
      let offered = 0;
      setOf(count).probe(haystack, haystack.length - 8, () => {
        offered += 1;
      });
      return offered;
    };
    const [small, large] = [candidates(10_000), candidates(20_000)];
    counted('places offered in 64 Ki windows', [small, '10,000 needles'], [large, '20,000']);
    expect(large).toBeLessThan(65_536 / 64);
  });

  it('goes on finding each of them, at every alignment, while more and more come', () => {
    const set = new NeedleSet();
    for (let number = 0; number < 12_000; number++) {
      set.add([needleOf(number)]);
      if (number % 1_500 !== 0) continue;
      for (const known of [0, Math.floor(number / 2), number]) {
        for (let at = 0; at < 9; at++) {
          const haystack = new Uint8Array(64);
          haystack.set(needleOf(known).bytes, at);
          const found = new ByteScanner(set).scan(haystack);
          expect(found.map(({ needle, offsetBytes }) => [needle, offsetBytes])).toEqual([[`k${known}`, at]]);
        }
      }
    }
  });
});
