// The clear form of a saved state: read here by the rules that memory forensics tools use, and by our own reader.
import { decodeStateGroups, encodeStateGroups, type StateGroups } from '@vcryptsim/hypervisor/formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pattern } from './support/lab.js';

const FILE = '[ds1] web/web-Snapshot1.vmsn';
const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const damaged = expect.objectContaining({ name: 'HypervisorError', code: 'FILE_DAMAGED' });

const STATE: StateGroups = new Map([
  ['snapshot', new Map([['config', pattern(3000)]])],
  [
    'memory',
    new Map([
      ['align_mask', u32(0xffff)],
      ['regionsCount', u32(1)],
      ['regionPPN[0]', u32(0)],
      ['regionPageNum[0]', u32(0)],
      ['regionSize[0]', u32(4096)],
    ]),
  ],
  [
    'Checkpoint',
    new Map([
      ['empty', new Uint8Array(0)],
      ['Memory[0][7]', pattern(61)],
      ['long', pattern(62)],
    ]),
  ],
]);

/** As facts/vsphere-formats.md Q6 tells it: reads one group and knows nothing of the others. */
function groupByHand(file: Buffer, wanted: string): Record<string, string> {
  const count = file.readUInt32LE(8);
  const entries = Array.from({ length: count }, (_, index) => file.subarray(12 + 80 * index, 92 + 80 * index));
  const entry = entries.find((one) => one.subarray(0, 64).toString('latin1').replace(/\0+$/, '') === wanted)!;
  const tags: Record<string, string> = {};
  for (let at = Number(entry.readBigUInt64LE(64)); file[at] !== 0 || file[at + 1] !== 0; ) {
    const [flags, nameBytes] = [file[at]!, file[at + 1]!];
    let name = file.subarray(at + 2, at + 2 + nameBytes).toString('latin1');
    at += 2 + nameBytes;
    for (let index = 0; index < flags >> 6; index += 1, at += 4) name += `[${file.readUInt32LE(at)}]`;
    let lengthBytes = flags & 63;
    if (lengthBytes >= 62) {
      lengthBytes = Number(file.readBigUInt64LE(at));
      at += 18 + file.readUInt16LE(at + 16);
    }
    tags[name] = file.subarray(at, at + lengthBytes).toString('hex');
    at += lengthBytes;
  }
  return tags;
}

describe('a saved state', () => {
  it('is what the published readers expect', () => {
    const file = Buffer.from(encodeStateGroups(STATE));
    expect(file.subarray(0, 4).toString('hex')).toBe('d2bed2be');
    expect(file.readUInt32LE(8)).toBe(3);
    for (const [name, tags] of STATE) {
      const hex = [...tags].map(([tag, data]) => [tag, Buffer.from(data).toString('hex')]);
      expect(groupByHand(file, name), name).toEqual(Object.fromEntries(hex));
    }
  });

  it('reads back, and takes both codes of the long form, and padding', () => {
    expect(decodeStateGroups(encodeStateGroups(STATE), FILE)).toEqual(STATE);
    const head = Buffer.alloc(92);
    head.writeUInt32LE(0xbed2bed2, 0);
    head.writeUInt32LE(1, 8);
    head.write('g', 12);
    head.writeBigUInt64LE(92n, 76);
    const long = Buffer.from([62, 1, 0x78, 3, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 9, 9, 1, 2, 3, 0, 0]);
    expect(
      decodeStateGroups(Buffer.concat([head, long]), FILE)
        .get('g')
        ?.get('x'),
    ).toEqual(Buffer.of(1, 2, 3));
    long[11] = 4;
    expect(() => decodeStateGroups(Buffer.concat([head, long]), FILE)).toThrow(damaged);
  });

  it('is refused where a group or a tag leaves the file, or stands twice', () => {
    const file = Buffer.from(encodeStateGroups(STATE));
    const edited = (edit: (copy: Buffer) => void) => {
      const copy = Buffer.from(file);
      edit(copy);
      return copy;
    };
    const cases: Record<string, Uint8Array> = {
      nothing: new Uint8Array(0),
      'another magic': edited((copy) => copy.writeUInt32LE(0xbed2bed1, 0)),
      'lengths of 32 bits': edited((copy) => copy.writeUInt32LE(0xbed2bed0, 0)),
      'more groups than fit': edited((copy) => copy.writeUInt32LE(1000, 8)),
      'more groups than are read': edited((copy) => copy.writeUInt32LE(2 ** 32 - 1, 8)),
      'tags within the list of groups': edited((copy) => copy.writeBigUInt64LE(12n, 76)),
      'tags behind the end': edited((copy) => copy.writeBigUInt64LE(2n ** 63n, 76)),
      'a group without a name': edited((copy) => copy.fill(0, 12, 20)),
      'two groups of one name': edited((copy) => copy.copy(copy, 12, 92, 156)),
      'a name that is not text': edited((copy) => copy.fill(0xff, 12, 20)),
      'cut in its last tag': file.subarray(0, -3),
    };
    for (const [name, bytes] of Object.entries(cases)) {
      expect(() => decodeStateGroups(bytes, FILE), name).toThrow(damaged);
    }
  });

  it('is read in so many tags, however often groups share them', () => {
    const tags = new Map(Array.from({ length: 200 }, (_, index) => [`t${index}`, new Uint8Array(0)]));
    const names = Array.from({ length: 400 }, (_, index) => [`g${index}`, index === 0 ? tags : new Map()] as const);
    const file = Buffer.from(encodeStateGroups(new Map(names)));
    expect(decodeStateGroups(file, FILE).size).toBe(400);
    const first = file.readBigUInt64LE(76);
    for (let index = 0; index < 400; index += 1) file.writeBigUInt64LE(first, 76 + 80 * index);
    expect(() => decodeStateGroups(file, FILE)).toThrow(damaged);
  });

  const names = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...'abcXYZ019._ -[') });
  const indices = fc.array(fc.nat(2 ** 32 - 1), { maxLength: 3 }).map((list) => list.map((n) => `[${n}]`).join(''));
  const tags = fc.uniqueArray(
    fc.tuple(
      fc.tuple(names, indices).map(([name, index]) => name + index),
      fc.uint8Array({ maxLength: 200 }),
    ),
    { selector: ([name]) => name, maxLength: 6 },
  );
  const states = fc
    .uniqueArray(fc.tuple(names, tags), { selector: ([name]) => name, maxLength: 5 })
    .map((list) => new Map(list.map(([name, entries]) => [name, new Map(entries)])));

  it('reads back whatever it holds', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(decodeStateGroups(encodeStateGroups(state), FILE)).toEqual(state);
      }),
    );
  });

  it('answers or refuses with a code, whatever comes', () => {
    const edits = fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { maxLength: 8 });
    const attempt = (bytes: Uint8Array) => {
      try {
        decodeStateGroups(bytes, FILE);
      } catch (error) {
        expect((error as Error).name).toBe('HypervisorError');
      }
    };
    const file = encodeStateGroups(STATE);
    fc.assert(
      fc.property(edits, fc.nat(file.length), (changes, cut) => {
        const copy = file.slice(0, cut % 3 === 0 ? cut : file.length);
        for (const [at, value] of changes) copy[at % copy.length] = value;
        attempt(copy);
      }),
      { numRuns: 2000 },
    );
  });
});
