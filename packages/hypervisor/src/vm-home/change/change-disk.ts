import { Dek, hashesOf, resealDek } from '@vcryptsim/crypto-core';
import { assert, type CryptoKeyId, formatKeyId } from '@vcryptsim/ports';
import { descriptorMismatch, keyNotInCache } from '../../api/faults.js';
import type { WorkControl } from '../../api/work-control.js';
import { drawContentId } from '../../disk/content-id.js';
import { rewriteExtent } from '../../disk/rewrite-extent.js';
import type { DiskKey } from '../../disk/vmcrypt-filter.js';
import { type DescriptorEditor, editDescriptor } from '../../formats/descriptor-editor.js';
import { formatBundle, type SealedDek } from '../../formats/encryption-bundle.js';
import { TEXT_FILE_LIMIT_BYTES } from '../../formats/text-lines.js';
import { openKeyOrRefuse } from '../attach-disk.js';
import type { Sealer } from '../create-disk.js';
import { drawContentKeyId } from '../draw-content-key-id.js';
import { type BoundDisk, diskBinding, FIRST_GENERATION, nextGeneration } from '../key-binding.js';
import { type OpenHome, openSealed } from '../open-bundle.js';
import type { DiskConfig, VmConfig } from '../vm-config.js';
import type { DiskFiles } from './name-files.js';
import { type DiskChange, rewritesData } from './plan-change.js';
import { writeBundle } from './settle-change.js';

/** The filter's name in `ddb.iofilters`. */
const FILTER = 'vmwarevmcrypt';
/** Of a disk that was plain until now (docs/decisions/0005). */
const DEFAULT_UNIT_SIZE_BYTES = 512;

/** A VM whose disks are changed. */
export interface ChangedVm {
  readonly config: VmConfig;
  /** Open; null while the VM is plain. */
  readonly home: OpenHome | null;
  readonly sealer: Sealer;
}

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
      return addPair(vm, disk, change.keyId);
    default: {
      assert(rewritesData(change) && files !== undefined, 'a disk that is written anew has names for its files');
      const newKeyId = change.kind === 'decrypt' ? null : change.keyId;
      return rewriteDisk(vm, disk, newKeyId, files, control);
    }
  }
}

/** What the VM home knows of an encrypted disk now. */
function boundOf({ config, home }: ChangedVm, disk: DiskConfig): BoundDisk {
  const bound = home?.disks.get(disk.uuid);
  if (bound !== undefined) return bound;
  throw descriptorMismatch(config.folder.shown(disk.fileName), 'encryptionKeys', 'encrypted', 'nothing');
}

/** Seals the DEK under another KEK too: for a while either opens it. */
async function addPair(vm: ChangedVm, disk: DiskConfig, keyId: CryptoKeyId): Promise<BoundDisk> {
  const { config, home, sealer } = vm;
  const bound = boundOf(vm, disk);
  // Compares the descriptor with its sealed copy first: what does not agree is not sealed anew.
  openKeyOrRefuse(disk, config, home, sealer)?.dek.dispose();
  const sealed = disk.encryption?.sealed ?? [];
  const pair = sealed.find((each) => sealer.keys.has(each.keyId) && isOf(each, bound.generation, vm, disk));
  assert(pair !== undefined, 'a bundle that was just opened has a pair that opens');
  await writeBundle(config.folder, disk.fileName, [pair, resealed(pair, keyId, vm, disk)]);
  return { ...bound, key: formatKeyId(keyId) };
}

function isOf(pair: SealedDek, generation: string, { config, sealer }: ChangedVm, disk: DiskConfig): boolean {
  const opened = openSealed([pair], config.folder.shown(disk.fileName), sealer, generation);
  opened?.dek.dispose();
  return opened?.binding.generation === generation;
}

function resealed(pair: SealedDek, keyId: CryptoKeyId, { config, sealer }: ChangedVm, disk: DiskConfig): SealedDek {
  const { keys, entropy, engine } = sealer;
  const [from, to] = [keys.get(pair.keyId), keys.get(keyId)];
  if (from === undefined) throw keyNotInCache([pair.keyId]);
  if (to === undefined) throw keyNotInCache([keyId]);
  const opened = openSealed([pair], config.folder.shown(disk.fileName), sealer, null);
  assert(opened !== null, 'its key is in the cache');
  opened.dek.dispose();
  const iv = entropy.public(16, 'IV of locked data');
  return {
    keyId,
    locked: resealDek({ locked: pair.locked, from, to, binding: opened.binding, iv, hashes: hashesOf(engine) }),
  };
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
    const made = keyId === null ? null : makeDek(vm, disk, keyId, files, oldKey);
    try {
      const rewrite = { from: disk, to: files.extentFileName, oldKey, newKey: made?.key ?? null };
      await rewriteExtent(rewrite, folder, sealer.engine, control);
      const editor = await movedDescriptor(vm, disk, files);
      if (made === null) setPlain(editor);
      else setEncrypted(editor, made);
      await folder.writeNew(files.fileName, editor.toBytes());
      return made?.bound ?? null;
    } finally {
      made?.key.dek.dispose();
    }
  } finally {
    oldKey?.dek.dispose();
  }
}

/** A new DEK for a disk. */
interface MadeDek {
  readonly key: DiskKey;
  readonly contentKeyId: string;
  readonly sealed: SealedDek;
  readonly bound: BoundDisk;
}

function makeDek(
  { config, home, sealer }: ChangedVm,
  disk: DiskConfig,
  keyId: CryptoKeyId,
  files: DiskFiles,
  oldKey: DiskKey | null,
): MadeDek {
  const { engine, entropy, keys } = sealer;
  const kek = keys.get(keyId);
  if (kek === undefined) throw keyNotInCache([keyId]);
  const known = home?.disks.get(disk.uuid);
  const generation = known === undefined ? FIRST_GENERATION : nextGeneration(known.generation);
  const dataUnitSizeBytes = oldKey?.dataUnitSizeBytes ?? DEFAULT_UNIT_SIZE_BYTES;
  const contentKeyId = drawContentKeyId(entropy);
  const binding = diskBinding({
    ...{ vm: config.uuid, uuid: disk.uuid, capacity: disk.capacity, generation, contentKeyId },
    ...{ dataUnitSize: String(dataUnitSizeBytes), extentFileName: files.extentFileName, descriptor: files.fileName },
  });
  const draw = (lengthBytes: number): Uint8Array => entropy.secret(lengthBytes, `DEK of disk ${disk.uuid}`);
  const { dek, locked } = Dek.make({ engine, draw, kek, binding, iv: entropy.public(16, 'IV of locked data') });
  const bound = { uuid: disk.uuid, generation, key: formatKeyId(keyId), check: dek.keyCheckValue() };
  return { key: { dek, dataUnitSizeBytes }, contentKeyId, sealed: { keyId, locked }, bound };
}

/** The descriptor for the new extent: all that is not about data and keys stays as somebody wrote it. */
async function movedDescriptor(
  { config, sealer }: ChangedVm,
  disk: DiskConfig,
  files: DiskFiles,
): Promise<DescriptorEditor> {
  const { folder } = config;
  const bytes = await folder.readBytes(disk.fileName, TEXT_FILE_LIMIT_BYTES);
  const editor = editDescriptor(bytes, folder.shown(disk.fileName));
  editor.renameExtent(files.extentFileName);
  editor.setHeader('CID', drawContentId(sealer.entropy).toString(16).padStart(8, '0'));
  return editor;
}

function setEncrypted(editor: DescriptorEditor, { key, contentKeyId, sealed }: MadeDek): void {
  editor.setHeader('keyID', contentKeyId);
  editor.setHeader('encryptionKeys', formatBundle([sealed]));
  editor.addFilter(FILTER);
  editor.setDdb('vmcrypt.cipher', 'XTS-AES-256');
  editor.setDdb('vmcrypt.dataUnitSize', String(key.dataUnitSizeBytes));
}

function setPlain(editor: DescriptorEditor): void {
  editor.removeHeader('keyID');
  editor.removeHeader('encryptionKeys');
  editor.removeFilter(FILTER);
  editor.removeDdb('vmcrypt.cipher');
  editor.removeDdb('vmcrypt.dataUnitSize');
}
