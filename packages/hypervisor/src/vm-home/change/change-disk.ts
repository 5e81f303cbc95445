import { assert, type CryptoKeyId, formatKeyId } from '@vcryptsim/ports';
import { descriptorMismatch } from '../../api/faults.js';
import type { WorkControl } from '../../api/work-control.js';
import { rewriteExtent } from '../../disk/rewrite-extent.js';
import { openKeyOrRefuse } from '../attach-disk.js';
import { type DiskConfig, type LinkConfig, ownLinksOf } from '../disk-config.js';
import type { BoundDisk } from '../key-binding.js';
import { bindingOf } from '../open-bundle.js';
import { resealPair, type Sealer } from '../seal-dek.js';
import { descriptorOf, setEncrypted, setPlain } from './changed-descriptor.js';
import type { ChangedVm } from './changed-vm.js';
import { makeDiskDek } from './make-disk-dek.js';
import type { DiskFiles } from './name-files.js';
import { type DiskChange, rewritesData } from './plan-change.js';
import { writeBundle } from './settle-change.js';

/**
 * Does with one disk what was planned: new files beside its own, or two pairs in the bundle of its descriptor. The VM goes by
 * the disk as it was until its VMX is another one.
 *
 * @param files names for what is written anew
 * @returns what the VM home has to know of the disk from then on, null for a plain one
 * @throws HypervisorError DISK_KEY_MISSING, KEY_NOT_IN_CACHE, CANCELED, NO_SPACE, every diagnosis of its files
 */
export async function changeDisk(
  vm: ChangedVm,
  { disk, change }: DiskChange,
  files: DiskFiles | undefined,
  control: WorkControl,
): Promise<BoundDisk | null> {
  switch (change.kind) {
    case 'keep':
      return disk.encryption === null ? null : boundOf(vm, disk);
    case 'shallow':
      return addPairs(vm, disk, change.keyId);
    default: {
      assert(rewritesData(change) && files !== undefined, 'a disk that is written anew has names for its files');
      const newKeyId = change.kind === 'decrypt' ? null : change.keyId;
      return rewriteDisk(vm, disk, newKeyId, files, control);
    }
  }
}

/** What the VM home knows of an encrypted disk now; DESCRIPTOR_MISMATCH where it knows of none. */
export function boundOf({ home }: ChangedVm, disk: DiskConfig): BoundDisk {
  const bound = home?.disks.get(disk.uuid);
  if (bound !== undefined) return bound;
  throw descriptorMismatch(disk.folder.shown(disk.fileName), 'encryptionKeys', 'encrypted', 'nothing');
}

/** Seals the DEK under another KEK too, in the descriptor of every link: for a while either opens it. */
async function addPairs(vm: ChangedVm, disk: DiskConfig, keyId: CryptoKeyId): Promise<BoundDisk> {
  const { config, home, sealer } = vm;
  const bound = boundOf(vm, disk);
  // Compares the descriptors with their sealed copies first: what does not agree is not sealed anew.
  openKeyOrRefuse(disk, config, home, sealer)?.dek.dispose();
  for (const link of ownLinksOf(disk)) await addPair(link, bound, keyId, sealer);
  if (disk.folder.path !== config.folder.path) await disk.folder.fsync();
  return { ...bound, key: formatKeyId(keyId) };
}

async function addPair(
  { folder, fileName, encryption }: LinkConfig,
  { generation }: BoundDisk,
  keyId: CryptoKeyId,
  sealer: Sealer,
): Promise<void> {
  for (const pair of encryption?.sealed ?? []) {
    const binding = bindingOf(pair, generation, folder.shown(fileName), sealer);
    if (binding === null) continue;
    await writeBundle(folder, fileName, [pair, resealPair(pair, keyId, binding, sealer)]);
    return;
  }
  assert(false, 'a bundle that was just opened has a pair that opens');
}

async function rewriteDisk(
  vm: ChangedVm,
  disk: DiskConfig,
  keyId: CryptoKeyId | null,
  files: DiskFiles,
  control: WorkControl,
): Promise<BoundDisk | null> {
  const { config, home, sealer } = vm;
  const { folder } = config;
  const oldKey = openKeyOrRefuse(disk, config, home, sealer);
  try {
    const made = keyId === null ? null : makeDiskDek(vm, disk, keyId, files, oldKey);
    try {
      const rewrite = { from: disk, to: files.extentFileName, oldKey, newKey: made?.key ?? null };
      await rewriteExtent(rewrite, folder, sealer.engine, control);
      const editor = await descriptorOf(vm, disk);
      editor.renameExtent(files.extentFileName);
      if (made === null) setPlain(editor);
      else setEncrypted(editor, made, [made.sealed]);
      await folder.writeNew(files.fileName, editor.toBytes());
      return made?.bound ?? null;
    } finally {
      made?.key.dek.dispose();
    }
  } finally {
    oldKey?.dek.dispose();
  }
}
