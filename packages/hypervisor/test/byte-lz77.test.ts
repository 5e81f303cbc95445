// The packing of memory: every packing unpacks by the rules alone, and no bytes make the unpacker write elsewhere.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packBytes, unpackBytes } from '../src/formats/byte-lz77.js';
import { pattern } from './support/lab.js';

/** facts/vsphere-formats.md Q6 byte by byte: slow, and written from the text. */
function unpackByHand(packed: Uint8Array): number[] {
  const out: number[] = [];
  for (let at = 0; at < packed.length; ) {
    const control = packed[at++]!;
    if (control < 0x20) {
      for (let left = control + 1; left > 0; left -= 1) out.push(packed[at++]!);
      continue;
    }
    let length = (control >> 5) + 2;
    if (control >> 5 === 7) {
      let more: number;
      do {
        more = packed[at++]!;
        length += more;
      } while (more === 255);
    }
    let distance = ((control & 0x1f) << 8) + packed[at++]!;
    if (distance === 0x1fff) {
      distance += packed[at]! * 256 + packed[at + 1]!;
      at += 2;
    }
    for (; length > 0; length -= 1) out.push(out[out.length - distance - 1]!);
  }
  return out;
}

function unpacked(packed: Uint8Array, sizeBytes: number): Uint8Array | null {
  const plain = new Uint8Array(sizeBytes);
  return unpackBytes(packed, plain) ? plain : null;
}

describe('packed memory', () => {
  const far = new Uint8Array(80_000);
  far.set(pattern(300), 0);
  for (let at = 300; at < 70_000; at += 1) far[at] = Math.imul(at, 2654435761) >>> 24;
  far.set(pattern(300), 70_000);
  it.each<[string, Uint8Array]>([
    ['zeros', new Uint8Array(100_000)],
    ['one byte many times', new Uint8Array(1000).fill(7)],
    ['a text that repeats', new TextEncoder().encode('vmware:key/list '.repeat(200))],
    ['the same bytes far away', far],
    ['copies of each length', Uint8Array.from({ length: 4000 }, (_, at) => (at % 271 < at % 17 ? 1 : at % 7))],
  ])('of %s is shorter, and unpacks by the rules and by ours', (_name, plain) => {
    const packed = packBytes(plain);
    expect(packed?.length).toBeLessThan(plain.length);
    expect(Buffer.compare(Uint8Array.from(unpackByHand(packed!)), plain)).toBe(0);
    expect(Buffer.compare(unpacked(packed!, plain.length)!, plain)).toBe(0);
  });

  it('of 4 MiB of zeros takes some 16 KiB', () => {
    expect(packBytes(new Uint8Array(0x400000))?.length).toBeLessThan(17_000);
  });

  it('is none where it would not be shorter', () => {
    let state = 1;
    const noise = Uint8Array.from({ length: 5000 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    });
    for (const plain of [noise, new Uint8Array(0), Uint8Array.of(1), Uint8Array.of(1, 1)]) {
      expect(packBytes(plain)).toBeNull();
    }
  });

  it('unpacks whatever was packed', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 50 }),
      fc.tuple(fc.nat(3), fc.nat(900)).map(([byte, count]) => new Uint8Array(count).fill(byte)),
    );
    const plains = fc.array(piece, { maxLength: 12 }).map((pieces) => new Uint8Array(Buffer.concat(pieces)));
    fc.assert(
      fc.property(plains, (plain) => {
        const packed = packBytes(plain);
        if (packed === null) return;
        expect(Buffer.compare(Uint8Array.from(unpackByHand(packed)), plain)).toBe(0);
        expect(Buffer.compare(unpacked(packed, plain.length)!, plain)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('answers or refuses, whatever comes, and agrees with the rules where it answers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(400), (packed, sizeBytes) => {
        const guarded = new Uint8Array(sizeBytes + 64).fill(0xa5);
        const isTaken = unpackBytes(packed, guarded.subarray(32, 32 + sizeBytes));
        expect(guarded.subarray(0, 32).every((byte) => byte === 0xa5)).toBe(true);
        expect(guarded.subarray(32 + sizeBytes).every((byte) => byte === 0xa5)).toBe(true);
        if (isTaken) expect(Uint8Array.from(unpackByHand(packed))).toEqual(guarded.slice(32, 32 + sizeBytes));
      }),
      { numRuns: 3000 },
    );
  });

  it('is refused cut short anywhere, and for another size', () => {
    const plain = new Uint8Array([...pattern(40), ...new Uint8Array(1000), ...pattern(40)]);
    const packed = packBytes(plain)!;
    for (let length = 0; length < packed.length; length += 1) {
      expect(unpacked(packed.subarray(0, length), plain.length), `${length}`).toBeNull();
    }
    expect(unpacked(packed, plain.length - 1)).toBeNull();
    expect(unpacked(packed, plain.length + 1)).toBeNull();
  });
});
