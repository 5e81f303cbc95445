// Which KEKs the files of a VM name: on every bus, in every link, in other folders, of templates and of snapshots.
import { formatBundle, formatVmsd } from '@vcryptsim/hypervisor/formats';
import { type CryptoKeyId, type KeyId, makeFolders, type ProviderId } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { expect, it } from 'vitest';
import { keysInFiles } from '../src/key-map/keys-in-files.js';

const UUID = '4f1d1d0e-6c0f-4d2a-9d6e-0a1b2c3d4e5f';
const idOf = (name: string): CryptoKeyId => ({ keyId: name as KeyId, providerId: 'corp-kms' as ProviderId });
const bundleOf = (name: string): string => formatBundle([{ keyId: idOf(name), locked: new Uint8Array(64) }]);

function descriptor(key: string, parent: string | null): string {
  return [
    'version=1',
    'CID=0000000a',
    `parentCID=${parent === null ? 'ffffffff' : '0000000a'}`,
    `createType="${parent === null ? 'vmfs' : 'vmfsSparse'}"`,
    ...(parent === null ? [] : [`parentFileNameHint="${parent}"`]),
    `encryptionKeys="${bundleOf(key)}"`,
    `RW 16 ${parent === null ? 'VMFS' : 'VMFSSPARSE'} "x.vmdk"`,
  ].join('\n');
}

async function keysOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<unknown> {
  const medium = new MemoryFileSystem();
  await makeFolders(medium, '/ds/ds1/web');
  await makeFolders(medium, '/ds/ds2/golden');
  for (const [name, content] of Object.entries(files)) {
    const handle = await medium.open(`/ds/${name}`, { access: 'write', create: 'exclusive' });
    await handle.pwrite(typeof content === 'string' ? Buffer.from(content) : content, 0);
    await handle.close();
  }
  const found = (await keysInFiles(medium, '/ds')).get(UUID);
  if (found === null || found === undefined) return found;
  const names = (ids: readonly CryptoKeyId[]) => ids.map(({ keyId }) => keyId);
  return { home: names(found.home), disks: found.disks.map(names) };
}

const vmx = (...disks: readonly (readonly [node: string, fileName: string])[]): string =>
  [
    'vc.uuid = "4f 1d 1d 0e 6c 0f 4d 2a-9d 6e 0a 1b 2c 3d 4e 5f"',
    `encryption.bundle = "${bundleOf('home')}"`,
    'ide1:0.fileName = "tools.iso"',
    ...disks.map(([node, fileName]) => `${node}.fileName = "${fileName}"`),
  ].join('\n');

it.each(['scsi0:0', 'scsi2:14', 'nvme0:1', 'sata0:29', 'ide0:1'])('are told of a disk at %s', async (node) => {
  const files = { 'ds1/web/web.vmx': vmx([node, 'a.vmdk']), 'ds1/web/a.vmdk': descriptor('one', null) };
  expect(await keysOf(files)).toEqual({ home: ['home'], disks: [['one']] });
});

it('are told of every link of a chain, also in another folder, and of a template', async () => {
  const files = {
    'ds1/web/web.vmtx': vmx(['scsi0:0', 'web-000001.vmdk']),
    'ds1/web/web-000001.vmdk': descriptor('new', '/vmfs/volumes/ds2/golden/g-000001.vmdk'),
    'ds2/golden/g-000001.vmdk': descriptor('middle', 'g.vmdk'),
    'ds2/golden/g.vmdk': descriptor('old', null),
  };
  expect(await keysOf(files)).toEqual({ home: ['home'], disks: [['new', 'middle', 'old']] });
});

it('are told of what a snapshot froze beside the disks', async () => {
  const disks = [{ node: 'scsi0:0', fileName: 'branch.vmdk' }];
  const snapshot = {
    uid: 1,
    fileName: 's.vmsn',
    parent: null,
    displayName: 's',
    hasMemory: false,
    createdAtMs: 0,
    disks,
  };
  const files = {
    'ds1/web/web.vmx': vmx(['scsi0:0', 'a.vmdk']),
    'ds1/web/a.vmdk': descriptor('one', null),
    'ds1/web/branch.vmdk': descriptor('branch', 'a.vmdk'),
    'ds1/web/web.vmsd': formatVmsd({ lastUid: 1, current: 1, needConsolidate: false, snapshots: [snapshot] }),
  };
  expect(await keysOf(files)).toEqual({ home: ['home'], disks: [['one'], ['branch', 'one']] });
});

it('are not told of a VM whose chain cannot be read, and end where one leads back to itself', async () => {
  const broken = { 'ds1/web/web.vmx': vmx(['scsi0:0', 'a.vmdk']), 'ds1/web/a.vmdk': descriptor('one', 'gone.vmdk') };
  expect(await keysOf(broken)).toBeNull();
  const circle = { 'ds1/web/web.vmx': vmx(['scsi0:0', 'a.vmdk']), 'ds1/web/a.vmdk': descriptor('one', 'a.vmdk') };
  expect(await keysOf(circle)).toMatchObject({ home: ['home'] });
});
