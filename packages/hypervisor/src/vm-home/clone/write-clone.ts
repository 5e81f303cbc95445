import { SECTOR_SIZE_BYTES, type VmName, type VmUuid } from '@vcryptsim/ports';
import type { WorkControl } from '../../api/work-control.js';
import type { VmFolder } from '../../datastore/vm-folder.js';
import { formatBundle } from '../../formats/encryption-bundle.js';
import { formatVmwareUuid } from '../../formats/vmware-uuid.js';
import { Vmx } from '../../formats/vmx.js';
import type { ChangedVm } from '../change/changed-vm.js';
import type { DiskFiles } from '../change/name-files.js';
import { removeDiskLines } from '../disk-lines.js';
import { nodesIn } from '../disk-node.js';
import { type BoundDisk, homeBinding, nextGeneration } from '../key-binding.js';
import { composeNvramFile } from '../nvram-file.js';
import { resealPair } from '../seal-dek.js';
import { nameChild } from '../snapshots/child-names.js';
import { snapshotListOf } from '../snapshots/snapshot-list.js';
import { beginLog } from '../vm-log.js';
import type { HomeMaker } from '../write-vm-home.js';
import { copyDisk, linkDisk } from './clone-disk.js';
import type { CloneSource, SourceDisk } from './clone-source.js';

/** A copy as it will be. */
export interface CloneIdentity {
  readonly name: VmName;
  readonly uuid: VmUuid;
  readonly folder: VmFolder;
  readonly vmxFileName: string;
}

/** Bytes that the disks of a copy take. */
export function bytesOfClone({ disks }: CloneSource): number {
  return disks
    .filter(({ isLinked }) => !isLinked)
    .reduce((sum, { chain }) => sum + chain.capacity * SECTOR_SIZE_BYTES, 0);
}

/**
 * Makes the files of a copy of a VM in its folder, which is empty: disks, log, NVRAM, then the VMX, each durable before the
 * next. The home has the source's DEK under the same KEK (facts/vsphere-formats.md Q12), sealed for the copy in the next
 * generation, and the NVRAM is sealed anew under it.
 *
 * @param vm the VM that is copied, its home open
 * @throws HypervisorError DISK_KEY_MISSING, KEY_NOT_IN_CACHE, CANCELED, NO_SPACE, DATASTORE_NOT_WRITABLE; the caller takes the
 *   folder away
 */
export async function writeClone(
  vm: ChangedVm,
  source: CloneSource,
  clone: CloneIdentity,
  maker: HomeMaker,
  control: WorkControl,
): Promise<void> {
  const { folder, name, uuid, vmxFileName } = clone;
  const totalBytes = bytesOfClone(source);
  const names = nameDisks(name, source.disks);
  const encrypted: BoundDisk[] = [];
  let doneBytes = 0;
  for (const [at, disk] of source.disks.entries()) {
    const target = { folder, files: names[at] ?? nameOf(name, at), vm: uuid };
    const onProgress = (bytes: number): void => control.onProgress?.(doneBytes + bytes, totalBytes);
    const bound = disk.isLinked
      ? await linkDisk(disk, target, maker)
      : await copyDisk(disk, target, maker, { ...control, onProgress });
    if (!disk.isLinked) doneBytes += disk.chain.capacity * SECTOR_SIZE_BYTES;
    if (bound !== null) encrypted.push(bound);
  }
  await beginLog(folder, maker.clock, `Cloned from virtual machine ${vm.config.uuid}.`);
  await folder.writeNew(snapshotListOf(vmxFileName), new Uint8Array());
  const nvramFileName = `${name}.nvram`;
  await folder.writeNew(nvramFileName, composeNvramFile(source.nvram, uuid, vm.home?.dek ?? null, maker.entropy));
  const bundle = sealHome(vm, clone, encrypted);
  const vmx = composeVmx(source, clone, { names, nvramFileName, bundle });
  await folder.writeNew(vmxFileName, vmx.toBytes());
  await folder.fsync();
}

function nameDisks(name: VmName, disks: readonly SourceDisk[]): readonly DiskFiles[] {
  const taken = new Set<string>();
  return disks.map(({ isLinked }, at) => {
    const files = nameOf(name, at);
    return isLinked ? nameChild(files.fileName, taken) : files;
  });
}

/** `NAME.vmdk` for the first disk, then `NAME_1.vmdk` and so on, as of a new VM. */
function nameOf(name: VmName, at: number): DiskFiles {
  const base = at === 0 ? name : `${name}_${at}`;
  return { fileName: `${base}.vmdk`, extentFileName: `${base}-flat.vmdk` };
}

/** @returns null for a plain VM */
function sealHome(
  { config, home, sealer }: ChangedVm,
  { uuid }: CloneIdentity,
  disks: readonly BoundDisk[],
): string | null {
  const pair = config.sealedHome?.find(({ keyId }) => sealer.keys.has(keyId));
  if (home === null || pair === undefined) return null;
  const binding = homeBinding(uuid, nextGeneration(home.generation), disks);
  return formatBundle([resealPair(pair, pair.keyId, binding, sealer)]);
}

/** What the VMX of a copy has of its own. */
interface OwnLines {
  readonly names: readonly DiskFiles[];
  readonly nvramFileName: string;
  readonly bundle: string | null;
}

/** The source's VMX with what is the copy's own; nothing of the source's saved memory and swap. */
function composeVmx(
  { vmx: bytes, disks }: CloneSource,
  { name, uuid, folder, vmxFileName }: CloneIdentity,
  own: OwnLines,
): Vmx {
  const vmx = Vmx.read(bytes, folder.shown(vmxFileName));
  vmx.set('displayName', name);
  vmx.set('vc.uuid', formatVmwareUuid(uuid));
  vmx.set('nvram', own.nvramFileName);
  for (const key of ['checkpoint.vmState', 'sched.swap.derivedName', 'uuid.location']) vmx.remove(key);
  for (const node of nodesIn(vmx)) {
    const at = disks.findIndex((disk) => disk.node === node);
    const files = own.names[at];
    if (files === undefined) removeDiskLines(vmx, node);
    else vmx.set(`${node}.fileName`, files.fileName);
  }
  if (own.bundle !== null) vmx.set('encryption.bundle', own.bundle);
  return vmx;
}
