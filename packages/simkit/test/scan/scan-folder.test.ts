import { makeFolders, replaceFile } from '@vcryptsim/ports';
import { FaultyFileSystem, MemoryFileSystem, RecordingFileSystem } from '@vcryptsim/simkit';
import { ByteScanner, type FileMatch, scanFolder, scanRanges } from '@vcryptsim/simkit/scan';
import { describe, expect, it } from 'vitest';

const key = Uint8Array.from({ length: 32 }, (_, i) => (i * 91 + 5) & 0xff);
const scanner = () => new ByteScanner([{ name: 'kek', bytes: key }]);

async function collect(matches: AsyncIterable<FileMatch>): Promise<string[]> {
  const places: string[] = [];
  for await (const match of matches) places.push(`${match.path} ${match.needle} ${match.form}@${match.offsetBytes}`);
  return places;
}

describe('scanFolder', () => {
  it('finds a planted needle in every file, however deep, and says where', async () => {
    const files = new MemoryFileSystem();
    await makeFolders(files, '/a/b');
    await replaceFile(files, '/a/b/deep', Uint8Array.of(1, 2, ...key));
    await replaceFile(files, '/a/text', new TextEncoder().encode(`x=${Buffer.from(key).toString('hex')}`));
    await replaceFile(files, '/a/clean', new Uint8Array(500));
    const big = await files.open('/z', { access: 'write', create: 'exclusive' });
    await big.pwrite(key, (1 << 20) - 7);
    await big.pwrite(key, 5_000_001);
    const found = ['/a/b/deep kek raw@2', '/a/text kek hex@2', '/z kek raw@1048569', '/z kek raw@5000001'];
    expect(await collect(scanFolder(files, '/', scanner()))).toEqual(found);
  });

  it('does not call clean what it could not read', async () => {
    const inner = new MemoryFileSystem();
    await replaceFile(inner, '/a', new Uint8Array(5));
    const files = new FaultyFileSystem(inner, [{ kind: 'not-permitted', under: '/a' }]);
    await expect(collect(scanFolder(files, '/', scanner()))).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
  });
});

describe('scanRanges', () => {
  it('finds a needle that new bytes complete, and only looks there', async () => {
    const files = new RecordingFileSystem(new MemoryFileSystem());
    const handle = await files.open('/a', { access: 'write', create: 'exclusive' });
    await handle.pwrite(key, 10_000);
    await handle.pwrite(key.subarray(0, 20), 500);
    await handle.pwrite(key.subarray(21), 521);
    const first = files.take();
    expect(await collect(scanRanges(files, '/a', first.get('/a') ?? [], scanner()))).toEqual(['/a kek raw@10000']);
    await handle.pwrite(key.subarray(20, 21), 520);
    const ranges = files.take().get('/a') ?? [];
    expect(ranges).toEqual([{ startBytes: 520, endBytes: 521 }]);
    expect(await collect(scanRanges(files, '/a', ranges, scanner()))).toEqual(['/a kek raw@500']);
  });

  it('counts a file that is gone as clean', async () => {
    const files = new MemoryFileSystem();
    expect(await collect(scanRanges(files, '/gone', [{ startBytes: 0, endBytes: 9 }], scanner()))).toEqual([]);
  });
});
