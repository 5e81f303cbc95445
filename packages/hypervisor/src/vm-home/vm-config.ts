import { type CryptoKeyId, sameKeyId, type VmName, type VmUuid } from '@vcryptsim/ports';
import { diskNotFound, fileDamaged, notSupported } from '../api/faults.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import { parseBundle, type SealedDek } from '../formats/encryption-bundle.js';
import { isFileName, stemOf } from '../formats/file-name.js';
import { parseVmwareUuid } from '../formats/vmware-uuid.js';
import type { Vmx } from '../formats/vmx.js';
import { type DiskConfig, linksOf, ownLinksOf, readDiskConfig, type SealedDeks } from './disk-config.js';
import { nodesIn, parseDiskMode } from './disk-node.js';
import { distinctKeyIds } from './distinct-key-ids.js';
import { type LocatedFile, locate } from './located-file.js';
import { memoryBytesIn } from './memory-size.js';
import type { KeySource } from './opener.js';
import { SWAP_ENTRY, swapFileNameIn } from './swap-name.js';
import { readVmx } from './vmx-file.js';

/** Where the VMX names the saved state of a suspended VM; empty where it is not suspended. */
export const STATE_ENTRY = 'checkpoint.vmState';

/** A VM as its files describe it, in clear. */
export interface VmConfig {
  readonly folder: VmFolder;
  readonly vmxFileName: string;
  readonly uuid: VmUuid;
  readonly name: VmName;
  readonly nvramFileName: string;
  /** Length of its memory. */
  readonly memoryBytes: number;
  /** Name of the guest's swap file; null where the VMX names none in this folder. */
  readonly swapFileName: string | null;
  /** Name of the saved state that it goes on from, in which case it is suspended; else null. */
  readonly stateFileName: string | null;
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
  const vmx = await readVmx({ folder, vmxFileName });
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
  for (const node of nodesIn(vmx)) {
    const mode = parseDiskMode(vmx.get(`${node}.mode`));
    if (mode === null) throw fileDamaged(shown, `${node}.mode is not a mode of disks`, vmx.lineOf(`${node}.mode`));
    const { folder: at, fileName } = diskFileIn(vmx, `${node}.fileName`, folder, shown);
    disks.push(await readDiskConfig(at, { node, mode, fileName }));
  }
  const extents = disks.flatMap((disk) => linksOf(disk).map((link) => `${link.folder.path}/${link.extentFileName}`));
  if (new Set(extents).size < extents.length) throw fileDamaged(shown, 'two disks have the same extent');
  return {
    folder,
    vmxFileName,
    uuid: uuid as VmUuid,
    name: (vmx.get('displayName') ?? folder.name) as VmName,
    nvramFileName: vmx.get('nvram') === undefined ? defaultNvram(vmxFileName) : fileNameIn(vmx, 'nvram', shown),
    memoryBytes: memoryBytesIn(vmx, shown),
    swapFileName: swapFileNameIn(vmx.get(SWAP_ENTRY), folder),
    stateFileName: (vmx.get(STATE_ENTRY) ?? '') === '' ? null : fileNameIn(vmx, STATE_ENTRY, shown),
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

/** Whether the keys that a disk needs are there: one of each link's bundle, or all while it is rewritten in place. */
export function isOpen(disk: DiskConfig, keys: KeySource): boolean {
  const isThere = ({ keyId }: SealedDek): boolean => keys.has(keyId);
  const isWhole = disk.journalFileName === null;
  return ownLinksOf(disk).every(({ encryption }) => {
    return encryption === null || (isWhole ? encryption.sealed.some(isThere) : encryption.sealed.every(isThere));
  });
}

function bundlesOf(config: VmConfig): readonly SealedDeks[] {
  const links = config.disks.flatMap(ownLinksOf);
  return [config.sealedHome, ...links.map(({ encryption }) => encryption?.sealed ?? null)].filter(
    (sealed) => sealed !== null,
  );
}

/** A disk's descriptor, in the VM's own folder or in another; FILE_DAMAGED, NOT_SUPPORTED. */
function diskFileIn(vmx: Vmx, key: string, folder: VmFolder, shown: string): LocatedFile {
  const name = vmx.get(key) ?? '';
  if (name === '') throw fileDamaged(shown, `${key} is missing`, vmx.lineOf(key));
  const found = locate(folder, name);
  if (found !== null) return found;
  throw notSupported(
    'file elsewhere',
    `${shown}, line ${vmx.lineOf(key)}: ${key} is neither a file of the virtual machine's own folder nor of a datastore that the host has, /vmfs/volumes/DATASTORE/FOLDER/FILE.`,
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
  return `${stemOf(vmxFileName)}.nvram`;
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
