import type { VmFolder } from '../../datastore/vm-folder.js';
import { stemOf } from '../../formats/file-name.js';
import { TEXT_FILE_LIMIT_BYTES } from '../../formats/text-lines.js';
import { parseVmsd, type Vmsd, type VmsdSnapshot } from '../../formats/vmsd.js';

/** Name of a VM's list of snapshots: `NAME.vmsd` beside `NAME.vmx`. */
export function snapshotListOf(vmxFileName: string): string {
  return `${stemOf(vmxFileName)}.vmsd`;
}

/**
 * Reads the list of snapshots of a VM; one whose file is not there never had any.
 *
 * @throws HypervisorError FILE_DAMAGED, what the folder throws
 */
export async function readSnapshotList(folder: VmFolder, vmxFileName: string): Promise<Vmsd> {
  const fileName = snapshotListOf(vmxFileName);
  const isThere = await folder.has(fileName);
  const bytes = isThere ? await folder.readBytes(fileName, TEXT_FILE_LIMIT_BYTES) : new Uint8Array();
  return parseVmsd(bytes, folder.shown(fileName));
}

/** The snapshot with that number, or null. */
export function snapshotAt({ snapshots }: Vmsd, uid: number): VmsdSnapshot | null {
  return snapshots.find((snapshot) => snapshot.uid === uid) ?? null;
}

/** A snapshot and all that rest on it. */
export function withChildren({ snapshots }: Vmsd, uid: number): ReadonlySet<number> {
  const found = new Set([uid]);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const { uid: each, parent } of snapshots) if (parent !== null && found.has(parent)) found.add(each);
  }
  return found;
}

/**
 * Whether the snapshots are one line at whose end the VM is: only then are all their links those of the VM's own disks
 * (facts/vsphere-rules.md section 2).
 */
export function isLinear({ snapshots, current }: Vmsd): boolean {
  const parents = snapshots.map(({ parent }) => parent);
  const isLine = new Set(parents).size === parents.length;
  return isLine && !parents.includes(current);
}

/** File of the memory of a snapshot or a suspended VM: `NAME.vmem` beside `NAME.vmsn`. */
export function memoryFileOf(stateFileName: string): string {
  return `${stemOf(stateFileName)}.vmem`;
}

/** The same list without some of its snapshots; what rested on them rests on what they rested on. */
export function without(vmsd: Vmsd, removed: ReadonlySet<number>): Vmsd {
  const keptAbove = (uid: number | null): number | null => {
    let at = uid;
    while (at !== null && removed.has(at)) at = snapshotAt(vmsd, at)?.parent ?? null;
    return at;
  };
  return {
    ...vmsd,
    current: keptAbove(vmsd.current),
    snapshots: vmsd.snapshots
      .filter(({ uid }) => !removed.has(uid))
      .map((snapshot) => ({ ...snapshot, parent: keptAbove(snapshot.parent) })),
  };
}
