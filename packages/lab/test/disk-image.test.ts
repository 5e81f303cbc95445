import { replaceFile } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDiskImage } from '../src/guests/disk-image.js';

const files = new MemoryFileSystem();
const put = (path: string, content: Uint8Array | string) =>
  replaceFile(files, path, typeof content === 'string' ? new TextEncoder().encode(content) : content);
const descriptor = (extent: string, header = '') => `# Disk DescriptorFile\nversion=1\n${header}\n${extent}\n`;
const pattern = Uint8Array.from({ length: 2048 }, (_, index) => index % 251);

beforeEach(() => put('/disk.raw', pattern));

async function bytesOf(path: string): Promise<Uint8Array> {
  const image = await openDiskImage(files, path);
  const bytes = new Uint8Array(image.sizeBytes + 100);
  const count = await image.read(bytes, 0);
  await image.close();
  return bytes.subarray(0, count);
}

describe('openDiskImage', () => {
  it('reads a raw image, and a part of it', async () => {
    expect(await bytesOf('/disk.raw')).toEqual(pattern);
    const image = await openDiskImage(files, '/disk.raw');
    const part = new Uint8Array(10);
    expect(await image.read(part, 2043)).toBe(5);
    expect(part.subarray(0, 5)).toEqual(pattern.subarray(2043));
    expect(await image.read(part, 9999)).toBe(0);
    await image.close();
  });

  it.each([
    ['monolithicFlat', 'RW 2 FLAT "disk.raw" 1', 512],
    ['vmfs', 'RW 4 VMFS "disk.raw"', 0],
  ])('reads a flat VMDK (%s) by its descriptor', async (_type, extent, startBytes) => {
    await put('/flat.vmdk', descriptor(extent));
    const bytes = await bytesOf('/flat.vmdk');
    expect(bytes).toEqual(pattern.subarray(startBytes, startBytes + bytes.length));
    expect(bytes.length).toBe(extent.startsWith('RW 2') ? 1024 : 2048);
  });

  it.each([
    ['nothing there', '/none.img', null, 'there is no such file'],
    ['empty', '/empty.img', new Uint8Array(0), 'is empty, or a pipe or a device'],
    ['not whole sectors', '/odd.img', new Uint8Array(513), 'has 513 bytes, which is not a multiple of 512'],
    ['a qcow2 image', '/a.img', Uint8Array.of(0x51, 0x46, 0x49, 0xfb), 'qemu-img convert'],
    ['a sparse VMDK', '/b.vmdk', new TextEncoder().encode('KDMV....'), 'header of a sparse extent is not there'],
    [
      'a VMDK whose second extent is missing',
      '/c.vmdk',
      descriptor('RW 1 FLAT "disk.raw" 0\nRW 1 FLAT "b" 0'),
      '/b cannot be read (there is no such file)',
    ],
    ['an extent that is no sparse one', '/d.vmdk', descriptor('RW 1 SPARSE "disk.raw"'), 'header of a sparse extent'],
    ['an extent of a snapshot', '/l.vmdk', descriptor('RW 1 VMFSSPARSE "a-delta.vmdk"'), 'extent of type VMFSSPARSE'],
    ['no extent', '/m.vmdk', descriptor(''), 'a descriptor without an extent'],
    [
      'a child',
      '/n.vmdk',
      descriptor('RW 1 SPARSE "a.vmdk"', 'CID=1\nparentCID=1b2c3d4e\nparentFileNameHint="base.vmdk"'),
      'only what changed since a snapshot of base.vmdk',
    ],
    ['an extent elsewhere', '/e.vmdk', descriptor('RW 1 FLAT "../etc/shadow" 0'), 'names an extent elsewhere'],
    ['an extent that is missing', '/f.vmdk', descriptor('RW 1 FLAT "gone.raw" 0'), '/gone.raw cannot be read'],
    ['an extent that is too short', '/g.vmdk', descriptor('RW 9 FLAT "disk.raw" 0'), 'its descriptor says 4608'],
    ['a size of nothing', '/h.vmdk', descriptor('RW 0 FLAT "disk.raw" 0'), 'not a multiple of 512'],
    [
      'an encrypted VMDK',
      '/i.vmdk',
      descriptor('RW 4 VMFS "disk.raw"', 'keyID="vmware:key/x"'),
      'is an encrypted VMDK',
    ],
    ['a name of another format', '/noise.vmdk', new Uint8Array(512).fill(7), 'none of its marks'],
    ['the same in upper case', '/NOISE.VMDK', new Uint8Array(512).fill(7), 'none of its marks'],
    ['a flat extent', '/disk-flat.vmdk', new Uint8Array(512).fill(7), "--disk '/disk.vmdk'"],
    ['an extent of a device', '/j.vmdk', descriptor('RW 4 FLAT "\\\\.\\PhysicalDrive0" 0'), 'maps a device'],
    ['a folder', '/folder', undefined, 'it is a folder'],
  ])('says of %s what is wrong', async (_what, path, content, says) => {
    if (content === undefined) await files.mkdir(path).catch(() => {});
    else if (content !== null) await put(path, content);
    await expect(openDiskImage(files, path)).rejects.toMatchObject({
      code: 'BAD_IMAGE',
      message: expect.stringContaining(says),
    });
  });

  it.each([
    ['lower-case words, comments first', '# mine\n\n# Disk DescriptorFile\nversion=1\nrw 4 flat "disk.raw" 0\n'],
    ['a byte order mark', '\ufeff# Disk DescriptorFile\r\nversion=1\r\nRW 4 VMFS "disk.raw"\n'],
    ['no first comment', 'version=1\nCID=1\nparentCID=ffffffff\ncreateType="vmfs"\nRW 4 VMFS "disk.raw"\n'],
  ])('reads a descriptor with %s', async (_what, text) => {
    await put('/odd.vmdk', text);
    expect(await bytesOf('/odd.vmdk')).toEqual(pattern);
  });

  it('reads a split disk: flat parts at their offsets, and zeros', async () => {
    await put('/s-f002.vmdk', pattern.subarray(512, 1024));
    await put('/s.vmdk', descriptor('RW 2 FLAT "disk.raw" 2\nRW 3 ZERO\nRW 1 FLAT "s-f002.vmdk" 0'));
    const wanted = Buffer.concat([pattern.subarray(1024), Buffer.alloc(1536), pattern.subarray(512, 1024)]);
    expect(Buffer.from(await bytesOf('/s.vmdk')).equals(wanted)).toBe(true);
    const image = await openDiskImage(files, '/s.vmdk');
    // Together, and back and forth: each read is what it asked for.
    const pieces = await Promise.all(
      [2500, 0, 1000, 2999, 500].map(async (at) => {
        const piece = new Uint8Array(700);
        return { at, bytes: piece.subarray(0, await image.read(piece, at)) };
      }),
    );
    for (const { at, bytes } of pieces) expect([...bytes]).toEqual([...wanted.subarray(at, at + 700)]);
    await image.close();
  });

  it('finds an extent whose name is in the encoding of the descriptor', async () => {
    await put('/Größe-flat.vmdk', pattern);
    const text = descriptor('RW 4 FLAT "Größe-flat.vmdk" 0', 'encoding="windows-1252"');
    await put('/umlaut.vmdk', new Uint8Array(Buffer.from(text, 'latin1')));
    expect(await bytesOf('/umlaut.vmdk')).toEqual(pattern);
  });

  it('takes what may stand at the beginning of a raw disk: LUKS, a CD image', async () => {
    const luks = new Uint8Array(2048);
    luks.set(Buffer.from('LUKS\xba\xbe\0\x02', 'latin1'));
    await put('/luks.img', luks);
    expect(await bytesOf('/luks.img')).toEqual(luks);
    const cd = new Uint8Array(64 * 1024);
    cd.set(Buffer.from('\x01CD001\x01', 'latin1'), 32_768);
    await put('/boot.iso', cd);
    expect((await bytesOf('/boot.iso')).length).toBe(cd.length);
  });
});
