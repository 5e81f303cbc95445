import { createCipheriv } from 'node:crypto';
import { composeDescriptor, formatBundle, Vmx } from '@vcryptsim/hypervisor/formats';
import { type DiskUuid, type KeyId, type ProviderId, replaceFile, sectorCount } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { describeFolder, renderFolder } from '../src/inspect/describe-folder.js';

const bundleOf = (keyId: string) =>
  formatBundle([
    { keyId: { keyId: keyId as KeyId, providerId: 'lab-kms' as ProviderId }, locked: new Uint8Array(288).fill(7) },
  ]);
const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(8192));
const disk = (name: string, key: string | null) =>
  composeDescriptor({
    ...{ createType: 'vmfs', contentId: 1, capacity: sectorCount(16), extentFileName: `${name}-flat.vmdk` },
    uuid: '6000c29a-1111-4222-8333-444455556666' as DiskUuid,
    ...(key === null
      ? {}
      : { encryption: { contentKeyId: '5f0c91a2', bundle: bundleOf(key), dataUnitSizeBytes: 512 } }),
  });

async function folderOf(content: Readonly<Record<string, string | Uint8Array>>) {
  const files = new MemoryFileSystem();
  await files.mkdir('/vm');
  await files.mkdir('/vm/more');
  for (const [name, bytes] of Object.entries(content)) {
    await replaceFile(files, `/vm/${name}`, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
  }
  return describeFolder(files, '/vm', 'vm');
}

function vmxText(): string {
  const vmx = Vmx.create();
  vmx.set('displayName', 'web');
  vmx.set('encryption.bundle', bundleOf('key-home'));
  return vmx.toText();
}

function encobj(): Uint8Array {
  const bytes = Buffer.alloc(8192, 7);
  bytes.fill(0, 0, 4096);
  bytes.writeUInt32LE(0x8943dd9e, 0);
  bytes.writeUInt32LE(1, 4);
  bytes.writeBigUInt64LE(100n, 0x18);
  return bytes;
}

function cowd(): Uint8Array {
  const bytes = Buffer.alloc(4096);
  bytes.write('COWD');
  [1, 3, 16, 1, 4, 1, 8].forEach((word, at) => {
    bytes.writeUInt32LE(word, 4 + 4 * at);
  });
  return bytes;
}

describe('inspect on a folder', () => {
  const content = {
    'web.vmx': vmxText(),
    'web.nvram': encobj(),
    'web.vmdk': disk('web', 'key-home'),
    'web-flat.vmdk': noise,
    'data.vmdk': disk('data', 'key-of-its-own'),
    'data-flat.vmdk': noise,
    'swap.vmdk': disk('swap', null),
    'swap-flat.vmdk': 'in clear '.repeat(1000),
    'web-000001.vmdk': disk('web-000001', 'key-home'),
    'web-000001-delta.vmdk': cowd(),
    'web.vmsd': '',
    'vmware.log': 'a line\n',
    'notes.bin': noise,
    'bad.vmdk': '# Disk DescriptorFile\n??\n',
  };

  it('[S05] says of each file what shows, and which key opens the rest', async () => {
    const { files, folders } = await folderOf(content);
    const found = new Map(files.map(({ file, shows, keys }) => [file, [shows, ...keys.map(({ keyId }) => keyId)]]));
    expect(Object.fromEntries(found)).toEqual({
      'bad.vmdk': ['not told'],
      'data-flat.vmdk': ['nothing', 'key-of-its-own'],
      'data.vmdk': ['all but its key', 'key-of-its-own'],
      'notes.bin': ['not told'],
      'swap-flat.vmdk': ['all'],
      'swap.vmdk': ['all'],
      'vmware.log': ['all'],
      'web-000001-delta.vmdk': ['its tables', 'key-home'],
      'web-000001.vmdk': ['all but its key', 'key-home'],
      'web-flat.vmdk': ['nothing', 'key-home'],
      'web.nvram': ['nothing', 'key-home'],
      'web.vmdk': ['all but its key', 'key-home'],
      'web.vmsd': ['all'],
      'web.vmx': ['all but its key', 'key-home'],
    });
    expect(folders).toEqual(['more']);
  });

  it('is a table of 80 columns, with what could not be told under it', async () => {
    const shown = renderFolder(await folderOf({ ...content, [`${'long-'.repeat(20)}.log`]: 'x' }));
    expect(shown.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(shown).toMatch(/^web\.nvram +8\.0 KiB +nothing +2$/m);
    expect(shown).toMatch(/^ {2}1 +key-of-its-own of lab-kms$/m);
    expect(shown).toContain('bad.vmdk, line 2');
    expect(shown).toContain('Not looked into: more.');
  });

  it('does not guess whose key it is where there is no configuration, or there are two', async () => {
    const none = await folderOf({ 'web.nvram': encobj() });
    expect(none.files[0]).toMatchObject({ shows: 'nothing', keys: [] });
    const two = await folderOf({ 'a.vmx': vmxText(), 'b.vmx': vmxText(), 'web.nvram': encobj() });
    expect(two.files.at(-1)).toMatchObject({ shows: 'nothing', keys: [] });
    expect(renderFolder(await folderOf({}))).toContain('0 files');
  });
});
