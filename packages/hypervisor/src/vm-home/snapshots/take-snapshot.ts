import type { SnapshotCreateSpec } from '../../api/snapshot.js';
import { stemOf } from '../../formats/file-name.js';
import { TEXT_FILE_LIMIT_BYTES } from '../../formats/text-lines.js';
import { formatVmsd, type VmsdSnapshot } from '../../formats/vmsd.js';
import { memoryRegions } from '../../memory/memory-regions.js';
import type { ChangedVm } from '../change/changed-vm.js';
import { commitChange } from '../change/commit-change.js';
import type { DiskFiles } from '../change/name-files.js';
import { writeNextList } from '../change/settle-files.js';
import type { DiskConfig } from '../disk-config.js';
import { readNvramFile } from '../nvram-file.js';
import { writeStateFile } from '../state-file.js';
import { editedVmx } from '../vmx-file.js';
import { writeChildLink } from './child-link.js';
import { nameChild } from './child-names.js';
import { encodeFrozenState } from './frozen-state.js';
import { isFrozen } from './is-frozen.js';
import { memoryFileOf, readSnapshotList, snapshotListOf } from './snapshot-list.js';

/** What a snapshot keeps beside the files of the VM. */
export interface TakenAt {
  readonly createdAtMs: number;
  /** Writes the memory into a new file of that name, durable; null where none is kept. */
  readonly writeMemory: ((fileName: string) => Promise<void>) | null;
}

/**
 * Takes a snapshot: a child above each disk that takes part, the state of the VM in a `.vmsn`, its memory in a `.vmem`, the
 * new list of snapshots beside the old; then the VMX that names the children, which is the switch (docs/on-disk-format.md
 * section 4b). A VM without such disks has no switch but the list's own replacement.
 *
 * All links of the disks have one KEK, which the caller has checked, and nothing writes to the disks meanwhile.
 *
 * @returns the snapshot, as the list has it
 * @throws HypervisorError DISK_KEY_MISSING, NO_SPACE, what the folder throws; SwitchUnknown
 */
export async function takeSnapshot(
  vm: ChangedVm,
  { name, description = '' }: SnapshotCreateSpec,
  { createdAtMs, writeMemory }: TakenAt,
): Promise<VmsdSnapshot> {
  const { config, sealer } = vm;
  const { folder, vmxFileName } = config;
  const list = await readSnapshotList(folder, vmxFileName);
  const uid = list.lastUid + 1;
  const children = nameChildren(config.disks.filter(isFrozen), await folder.names());
  const fileName = `${stemOf(vmxFileName)}-Snapshot${uid}.vmsn`;
  const snapshot: VmsdSnapshot = {
    uid,
    fileName,
    parent: list.current,
    displayName: name,
    ...(description === '' ? {} : { description }),
    hasMemory: writeMemory !== null,
    createdAtMs,
    disks: children.map(({ disk }) => ({ node: disk.node, fileName: disk.fileName })),
  };
  const next = { ...list, lastUid: uid, current: uid, snapshots: [...list.snapshots, snapshot] };
  const isOfList = children.length === 0;
  const record = {
    made: [
      ...children.flatMap(({ files }) => [files.extentFileName, files.fileName]),
      ...[fileName, ...(writeMemory === null ? [] : [memoryFileOf(fileName)])],
    ],
    dropped: [],
    hasNewList: !isOfList,
  };
  const writeBeside = async (): Promise<Uint8Array> => {
    await writeState(vm, fileName, writeMemory !== null);
    await writeMemory?.(memoryFileOf(fileName));
    for (const { disk, files } of children) {
      await writeChildLink(folder, disk, files, vm.home?.disks.get(disk.uuid)?.generation ?? null, sealer);
    }
    if (isOfList) return formatVmsd(next);
    await writeNextList(config, next);
    return vmxWith(vm, children);
  };
  const commit = { folder, vmxFileName, record, writeBeside };
  const switchFileName = isOfList ? snapshotListOf(vmxFileName) : vmxFileName;
  await commitChange({ ...commit, switchFileName }, sealer);
  return snapshot;
}

/** A disk and the files of the child that it gets. */
interface Child {
  readonly disk: DiskConfig;
  readonly files: DiskFiles;
}

function nameChildren(disks: readonly DiskConfig[], present: readonly string[]): readonly Child[] {
  const taken = new Set(present.map((name) => name.toLowerCase()));
  return disks.map((disk) => ({ disk, files: nameChild(disk.fileName, taken) }));
}

async function writeState({ config, home, sealer }: ChangedVm, fileName: string, hasMemory: boolean): Promise<void> {
  const { folder, vmxFileName, uuid } = config;
  const vmx = await folder.readBytes(vmxFileName, TEXT_FILE_LIMIT_BYTES);
  const nvram = await readNvramFile(config, home?.dek ?? null);
  const groups = encodeFrozenState({ vmx, disks: [...(home?.disks.values() ?? [])], nvram });
  const regions = hasMemory ? [['memory', memoryRegions(config.memoryBytes)] as const] : [];
  await writeStateFile(folder, fileName, new Map([...groups, ...regions]), uuid, home?.dek ?? null, sealer.entropy);
}

function vmxWith({ config }: ChangedVm, children: readonly Child[]): Promise<Uint8Array> {
  return editedVmx(config, (vmx) => {
    for (const { disk, files } of children) vmx.set(`${disk.node}.fileName`, files.fileName);
  });
}
