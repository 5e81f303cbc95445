import { type FileHandle, type OpenOptions, replaceFile } from '@vcryptsim/ports';
import { ForwardingFileSystem, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { BlockHashes, countDistinct, countShared } from '../src/dedup/block-hashes.js';
import { type DatastoreStats, measureDatastore } from '../src/dedup/datastore-stats.js';
import { guestContent, putDisk, putRowS22 } from './support/small-datastore.js';

/** Counts what is opened and how many bytes are read. */
class CountingFiles extends ForwardingFileSystem {
  cost = { opens: 0, bytes: 0 };

  override async open(path: string, options: OpenOptions): Promise<FileHandle> {
    const handle = await super.open(path, options);
    this.cost.opens += 1;
    const pread = async (buffer: Uint8Array, offsetBytes: number): Promise<number> => {
      const count = await handle.pread(buffer, offsetBytes);
      this.cost.bytes += count;
      return count;
    };
    return {
      pread,
      pwrite: (bytes, offsetBytes) => handle.pwrite(bytes, offsetBytes),
      truncate: (sizeBytes) => handle.truncate(sizeBytes),
      fsync: () => handle.fsync(),
      sizeBytes: () => handle.sizeBytes(),
      close: () => handle.close(),
    };
  }
}

async function measured(put: (files: MemoryFileSystem) => Promise<void>, hashesMax?: number): Promise<DatastoreStats> {
  const files = new MemoryFileSystem();
  await files.mkdir('/ds');
  await put(files);
  return measureDatastore(files, '/ds', { ...(hashesMax === undefined ? {} : { hashesMax }) });
}

const text = (content: string) => new TextEncoder().encode(content);
const shareOf = (stats: DatastoreStats, relation: string) =>
  stats.pairs.filter((pair) => pair.relation === relation).map(({ sharedShare }) => sharedShare ?? -1);

describe('measureDatastore', () => {
  it('[S22] a plain pair and a clone with the same keys deduplicate, disks under other keys do not', async () => {
    const stats = await measured((files) => putRowS22(files, '/ds', 400));
    expect(stats.disks.map(({ name, state, keyId }) => [name, state, keyId])).toEqual([
      ['plain-a/plain-a.vmdk', 'plain', null],
      ['plain-b/plain-b.vmdk', 'plain', null],
      ['sealed-a/sealed-a.vmdk', 'encrypted', '0000000a'],
      ['sealed-a-clone/sealed-a-clone.vmdk', 'encrypted', '0000000a'],
      ['sealed-b/sealed-b.vmdk', 'encrypted', '0000000b'],
    ]);
    // One of 300 written blocks was changed.
    for (const relation of ['plain', 'same-key']) expect(shareOf(stats, relation)).toEqual([598 / 600]);
    expect(shareOf(stats, 'other-key')).toEqual([0, 0]);
    expect(shareOf(stats, 'encrypted-and-plain')).toEqual([0, 0, 0, 0, 0, 0]);
    expect(stats.pairs).toHaveLength(10);
  });

  it('[S22] plain data and zeros compress, ciphertext does not', async () => {
    const stats = await measured((files) => putRowS22(files, '/ds', 400));
    for (const { state, blocks, zeroBlocks, writtenBlocks, packedShare } of stats.disks) {
      expect({ blocks, zeroBlocks, writtenBlocks }).toEqual({ blocks: 400, zeroBlocks: 100, writtenBlocks: 300 });
      if (state === 'plain') expect(packedShare).toBeLessThan(0.1);
      else expect(packedShare).toBe(1);
    }
    const [plain, sealed] = stats.states;
    expect(plain).toMatchObject({ state: 'plain', disks: 2, writtenBytes: 600 * 4096, distinctBytes: 301 * 4096 });
    expect(plain?.storedBytes).toBeLessThan(0.1 * 301 * 4096);
    // All of it but what source and clone share.
    const bytes = 601 * 4096;
    expect(sealed).toMatchObject({ state: 'encrypted', disks: 3, distinctBytes: bytes, storedBytes: bytes });
  });

  it('counts blocks that repeat within one disk, and the short one at the end', async () => {
    const block = guestContent(1, 'again');
    const bytes = Buffer.concat([block, block, block, Buffer.alloc(4096), block.subarray(0, 512)]);
    const { disks } = await measured((files) => putDisk(files, '/ds', 'a', bytes));
    expect(disks[0]).toMatchObject({ blocks: 5, zeroBlocks: 1, writtenBlocks: 4, repeatedShare: 0.5 });
  });

  it('names what it could not count, and calls data without a descriptor neither plain nor encrypted', async () => {
    const stats = await measured(async (files) => {
      await putDisk(files, '/ds', 'a', guestContent(4, 'a'));
      await putDisk(files, '/ds', 'z', guestContent(4, 'z'));
      await replaceFile(files, '/ds/a/twin.vmdk', text('# Disk DescriptorFile\nRW 32 VMFS "a-flat.vmdk"\n'));
      await replaceFile(files, '/ds/a/away.vmdk', text('# Disk DescriptorFile\nRW 32 VMFS "../z/z-flat.vmdk"\n'));
      await replaceFile(files, '/ds/a/gone.vmdk', text('# Disk DescriptorFile\nRW 32 VMFS "gone-flat.vmdk"\n'));
      await replaceFile(files, '/ds/a/odd.vmdk', text('# Disk DescriptorFile\nwhat is this\n'));
      await replaceFile(files, '/ds/a/a-000001-delta.vmdk', text('COWD....'));
      await replaceFile(files, '/ds/a/a-ctk.vmdk', Uint8Array.of(0xa2, 0x72, 0x19, 0xf6));
      await replaceFile(files, '/ds/a/empty.vmdk', new Uint8Array(0));
    });
    expect(stats.disks.map(({ name, state }) => [name, state])).toEqual([
      ['a/a.vmdk', 'plain'],
      ['z/z.vmdk', 'plain'],
      ['a/a-000001-delta.vmdk', 'unknown'],
    ]);
    expect(stats.notes).toEqual([
      'a/away.vmdk names ../z/z-flat.vmdk, which is in another place and was not followed.',
      'a/gone.vmdk names gone-flat.vmdk, which is not there.',
      expect.stringContaining('a/odd.vmdk, line 2'),
      'a/twin.vmdk shares a-flat.vmdk with another descriptor.',
      'a/a-000001-delta.vmdk is data that no descriptor names.',
    ]);
    expect(shareOf(stats, 'unknown')).toHaveLength(2);
  });

  it('does not call two keys the same that no descriptor names', async () => {
    const stats = await measured(async (files) => {
      for (const name of ['a', 'b']) await putDisk(files, '/ds', name, guestContent(4, name), '00000000');
    });
    expect(stats.pairs[0]?.relation).toBe('unknown');
    expect(stats.disks.map(({ state }) => state)).toEqual(['encrypted', 'encrypted']);
  });

  it('has nothing to say of a folder without disks', async () => {
    const stats = await measured(async () => undefined);
    expect(stats).toMatchObject({ disks: [], pairs: [], states: [], notes: [] });
  });

  it('opens and reads twice as much for twice the disks, and each byte once but for the ends', async () => {
    const costOf = async (disks: number) => {
      const files = new CountingFiles(new MemoryFileSystem());
      await files.mkdir('/ds');
      for (let disk = 0; disk < disks; disk += 1) {
        await putDisk(files, '/ds', `d${disk}`, guestContent(256, `d${disk}`));
      }
      const cost = { opens: 0, bytes: 0 };
      files.cost = cost;
      const { pairs } = await measureDatastore(files, '/ds');
      expect(pairs).toHaveLength((disks * (disks - 1)) / 2);
      return cost;
    };
    const [four, eight] = [await costOf(4), await costOf(8)];
    expect(eight).toEqual({ opens: 2 * four.opens, bytes: 2 * four.bytes });
    // Beside the data, the ends of 64 KiB by which a file is recognised.
    expect(four.bytes).toBeLessThan(4 * (256 * 4096 + 5 * 65_536));
  });

  it('[S22] tells the same from a sample, where there is more than it remembers', async () => {
    const stats = await measured((files) => putRowS22(files, '/ds', 1200), 600);
    expect(stats.countedOneIn).toBeGreaterThan(4);
    for (const relation of ['plain', 'same-key'])
      for (const share of shareOf(stats, relation)) expect(share).toBeGreaterThan(0.9);
    for (const share of shareOf(stats, 'other-key')) expect(share).toBeLessThan(0.01);
  });
});

describe('BlockHashes', () => {
  it('keeps no more than its limit, however much comes', () => {
    const keptOf = (count: number): number => {
      const hashes = new BlockHashes(1000);
      for (let disk = 0; disk < 2; disk += 1) {
        const number = hashes.addDisk();
        for (let hash = 0; hash < count; hash += 1) hashes.add(number, hash);
        expect(hashes.kept).toBeLessThanOrEqual(1000);
      }
      // Both disks by the same values.
      expect([...hashes.sorted(0)]).toEqual([...hashes.sorted(1)]);
      return hashes.kept;
    };
    expect(keptOf(20_000)).toBe(keptOf(10_000));
    expect(keptOf(400)).toBe(800);
  });

  it('counts distinct and shared values as sets would', () => {
    const a = Float64Array.of(1, 1, 2, 5, 9, 9);
    const b = Float64Array.of(0, 1, 5, 5, 7);
    expect(countDistinct(a)).toBe(4);
    expect(countShared(a, b)).toBe(3 + 3);
    expect(countShared(a, new Float64Array())).toBe(0);
    expect(countDistinct(new Float64Array())).toBe(0);
  });
});
