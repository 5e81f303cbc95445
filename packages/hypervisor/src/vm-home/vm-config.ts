import {
  type CryptoKeyId,
  type DiskUuid,
  type SectorCount,
  sameKeyId,
  type VmName,
  type VmUuid,
} from '@vcryptsim/ports';
import { HypervisorError } from '../api/errors.js';
import { bundleMissing, diskNotFound, fileDamaged, notSupported } from '../api/faults.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import { NO_CONTENT_KEY, normalContentKeyId } from '../formats/content-key-id.js';
import { parseBundle, type SealedDek } from '../formats/encryption-bundle.js';
import { isFileName } from '../formats/file-name.js';
import { TEXT_FILE_LIMIT_BYTES } from '../formats/text-lines.js';
import { parseDescriptor, type VmdkDescriptor } from '../formats/vmdk-descriptor.js';
import { parseVmwareUuid } from '../formats/vmware-uuid.js';
import { Vmx } from '../formats/vmx.js';
import { DISK_UNITS, deviceKeyOf } from './disk-units.js';
import { distinctKeyIds } from './distinct-key-ids.js';
import type { KeySource } from './opener.js';

/** Entry of the disk database by which a descriptor names the journal of a rewrite in place. */
export const JOURNAL_ENTRY = 'vmcrypt.journal';

/** A sealed DEK with every KEK that opens it; all seal the same DEK. */
export type SealedDeks = readonly [SealedDek, ...SealedDek[]];

/** A disk as its VMX and its descriptor describe it, in clear: nothing is opened, nothing is believed yet. */
export interface DiskConfig {
  readonly deviceKey: number;
  /** Name of the descriptor. */
  readonly fileName: string;
  readonly uuid: DiskUuid;
  readonly capacity: SectorCount;
  readonly extentFileName: string;
  /** Null for a plain disk. */
  readonly encryption: {
    readonly sealed: SealedDeks;
    /** As the descriptor spells them; the sealed copy decides. */
    readonly cipher: string;
    readonly dataUnitSize: string;
    /** `keyID`: eight hex digits that tell one DEK from another, `nothing` where the line is missing. */
    readonly contentKeyId: string;
  } | null;
  /** Of a disk that is being rewritten in place, else null. */
  readonly journalFileName: string | null;
}

/** A VM as its files describe it, in clear. */
export interface VmConfig {
  readonly folder: VmFolder;
  readonly vmxFileName: string;
  readonly uuid: VmUuid;
  readonly name: VmName;
  readonly nvramFileName: string;
  /** The bundle of the VM home, or null for a plain VM. */
  readonly sealedHome: SealedDeks | null;
  readonly disks: readonly DiskConfig[];
}

/**
 * Reads a VM's VMX and the descriptors of its disks.
 *
 * @throws HypervisorError FILE_DAMAGED, BUNDLE_TAMPERED, BUNDLE_MISSING, DESCRIPTOR_MISMATCH, NOT_SUPPORTED
 */
export async function readVmConfig(folder: VmFolder, vmxFileName: string): Promise<VmConfig> {
  const shown = folder.shown(vmxFileName);
  const vmx = Vmx.read(await folder.readBytes(vmxFileName, TEXT_FILE_LIMIT_BYTES), shown);
  if (vmx.entries().length === 0) throw fileDamaged(shown, 'it is empty');
  refuseKeySafe(vmx, shown);
  const written = vmx.get('vc.uuid');
  if (written === undefined) {
    throw notSupported(
      'no vc.uuid',
      `${shown} has no vc.uuid: it is not a virtual machine of vSphere, and only those are run.`,
    );
  }
  const uuid = parseVmwareUuid(written);
  if (uuid === null) throw fileDamaged(shown, 'vc.uuid is not a UUID', vmx.lineOf('vc.uuid'));
  const bundle = vmx.get('encryption.bundle');
  const disks: DiskConfig[] = [];
  for (const unit of DISK_UNITS) {
    if (vmx.get(`scsi0:${unit}.present`)?.toUpperCase() !== 'TRUE') continue;
    disks.push(await readDiskConfig(folder, fileNameIn(vmx, `scsi0:${unit}.fileName`, shown), deviceKeyOf(unit)));
  }
  const extents = new Set(disks.map((disk) => disk.extentFileName));
  if (extents.size < disks.length) throw fileDamaged(shown, 'two disks have the same extent');
  return {
    folder,
    vmxFileName,
    uuid: uuid as VmUuid,
    name: (vmx.get('displayName') ?? folder.name) as VmName,
    nvramFileName: vmx.get('nvram') === undefined ? defaultNvram(vmxFileName) : fileNameIn(vmx, 'nvram', shown),
    sealedHome: bundle === undefined ? null : parseBundle(bundle, shown),
    disks,
  };
}

/** Every KEK that the files name, the VM home's first, each once. */
export function keyIdsOf(config: VmConfig): readonly CryptoKeyId[] {
  return distinctKeyIds(bundlesOf(config).flatMap((sealed) => sealed.map(({ keyId }) => keyId)));
}

/**
 * The keys without which the files do not open: of each bundle that no key at hand opens, and none of the others here
 * would, all that it names. Any one of them will do for that bundle; but a disk that is being rewritten in place needs all.
 */
export function missingKeysOf(config: VmConfig, keys: KeySource): readonly CryptoKeyId[] {
  const bundles = bundlesOf(config).toSorted((a, b) => a.length - b.length);
  const missing = config.disks
    .filter(({ journalFileName }) => journalFileName !== null)
    .flatMap(({ encryption }) => encryption?.sealed.map(({ keyId }) => keyId) ?? [])
    .filter((id) => !keys.has(id));
  for (const bundle of bundles) {
    const opens = (id: CryptoKeyId): boolean => keys.has(id) || missing.some((other) => sameKeyId(id, other));
    if (!bundle.some(({ keyId }) => opens(keyId))) missing.push(...bundle.map(({ keyId }) => keyId));
  }
  return keyIdsOf(config).filter((id) => missing.some((other) => sameKeyId(id, other)));
}

/** Whether the keys that a disk needs are there: one of its bundle, or all while it is rewritten in place. */
export function isOpen({ encryption, journalFileName }: DiskConfig, keys: KeySource): boolean {
  if (encryption === null) return true;
  const isThere = ({ keyId }: SealedDek): boolean => keys.has(keyId);
  return journalFileName === null ? encryption.sealed.some(isThere) : encryption.sealed.every(isThere);
}

function bundlesOf(config: VmConfig): readonly SealedDeks[] {
  return [config.sealedHome, ...config.disks.map((disk) => disk.encryption?.sealed ?? null)].filter(
    (sealed) => sealed !== null,
  );
}

async function readDiskConfig(folder: VmFolder, fileName: string, deviceKey: number): Promise<DiskConfig> {
  const shown = folder.shown(fileName);
  const descriptor = parseDescriptor(await folder.readText(fileName), shown);
  const [extent, ...more] = descriptor.extents;
  if (descriptor.createType !== 'vmfs' || extent === undefined || more.length > 0 || extent.type !== 'VMFS') {
    throw notSupported(
      'disk type',
      `${shown} is not of createType "vmfs" with one VMFS extent. Import the disk instead.`,
    );
  }
  const extentFileName = extent.fileName ?? '';
  if (!isFileName(extentFileName)) {
    throw notSupported(
      'extent elsewhere',
      `${shown}, line ${extent.line}: the extent is not a file of the virtual machine's own folder, and only those are opened. Import the disk instead.`,
    );
  }
  if (extent.access !== 'RW')
    throw fileDamaged(shown, 'the extent is not open to writing', descriptor.lineOf('extent'));
  if (descriptor.header.get('parentcid')?.toLowerCase() !== 'ffffffff') {
    throw notSupported(
      'snapshot',
      `${shown} belongs to a snapshot chain, which is not served. Consolidate the disk first.`,
    );
  }
  const uuid = parseVmwareUuid(descriptor.ddb.get('uuid') ?? '');
  if (uuid === null) throw fileDamaged(shown, 'ddb.uuid is missing or not a UUID', descriptor.lineOf('ddb.uuid'));
  return {
    deviceKey,
    fileName,
    uuid: uuid as DiskUuid,
    capacity: descriptor.capacity,
    extentFileName,
    encryption: readEncryption(descriptor, shown),
    journalFileName: readJournalName(descriptor, shown),
  };
}

/** A disk is encrypted when anything says so; then everything must (row S21: no half-removed encryption). */
function readEncryption(descriptor: VmdkDescriptor, shown: string): DiskConfig['encryption'] {
  const { header, ddb } = descriptor;
  const filters = (ddb.get('iofilters') ?? '').split(',').map((name) => name.trim());
  const filtered = filters.includes('vmwarevmcrypt');
  const keyId = header.get('keyid');
  const contentKeyId = keyId === undefined ? 'nothing' : normalContentKeyId(keyId);
  const hasKeyId = keyId !== undefined && contentKeyId !== NO_CONTENT_KEY;
  const bundle = header.get('encryptionkeys');
  if (!filtered && !hasKeyId && bundle === undefined) return null;
  if (bundle === undefined) throw bundleMissing(shown);
  const sealed = parseBundle(bundle, shown);
  if (!filtered) throw halfEdited(shown, 'ddb.iofilters', 'no encryption', 'vmwarevmcrypt');
  return {
    sealed,
    cipher: ddb.get('vmcrypt.cipher') ?? 'nothing',
    dataUnitSize: ddb.get('vmcrypt.dataUnitSize') ?? 'nothing',
    contentKeyId,
  };
}

function readJournalName({ ddb, lineOf }: VmdkDescriptor, shown: string): string | null {
  const name = ddb.get(JOURNAL_ENTRY);
  if (name === undefined) return null;
  if (isFileName(name)) return name;
  throw fileDamaged(shown, 'the journal is not a file of the same folder', lineOf(`ddb.${JOURNAL_ENTRY}`));
}

function halfEdited(file: string, field: string, says: string, wants: string): HypervisorError {
  return new HypervisorError(
    { code: 'DESCRIPTOR_MISMATCH', file, field },
    `${file}: ${field} says ${says}, but encryptionKeys wants ${wants}. Change the line back.`,
  );
}

function fileNameIn(vmx: Vmx, key: string, shown: string): string {
  const name = vmx.get(key);
  if (name === undefined || name === '') throw fileDamaged(shown, `${key} is missing`, vmx.lineOf(key));
  if (!isFileName(name)) {
    throw notSupported(
      'file elsewhere',
      `${shown}, line ${vmx.lineOf(key)}: ${key} is not a file of the virtual machine's own folder, and only those are opened.`,
    );
  }
  return name;
}

/** The name that VMware takes where the VMX names none. */
function defaultNvram(vmxFileName: string): string {
  return `${vmxFileName.replace(/\.[^.]*$/, '')}.nvram`;
}

/** A VM that Workstation or Fusion encrypted is whole, and not one that a host runs; least of all is it a plain one. */
function refuseKeySafe(vmx: Vmx, shown: string): void {
  const key = ['encryption.keySafe', 'encryption.data'].find((one) => vmx.get(one) !== undefined);
  if (key === undefined) return;
  throw notSupported(
    key,
    `${shown}, line ${vmx.lineOf(key)}: Workstation or Fusion encrypted this virtual machine (${key}). Decrypt it there first.`,
  );
}

/** The disk with that device key; throws DISK_NOT_FOUND. */
export function diskAt(config: VmConfig, deviceKey: number): DiskConfig {
  const disk = config.disks.find((candidate) => candidate.deviceKey === deviceKey);
  if (disk === undefined) throw diskNotFound(config.name, deviceKey);
  return disk;
}
