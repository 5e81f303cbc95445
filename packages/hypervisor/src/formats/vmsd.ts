import { assert } from '@vcryptsim/ports';
import { fileDamaged } from '../api/faults.js';
import { isFileName } from './file-name.js';
import { Vmx } from './vmx.js';

/** A snapshot as the list of snapshots has it. */
export interface VmsdSnapshot {
  /** From 1 on, never given twice. */
  readonly uid: number;
  /** Name of the `.vmsn`. */
  readonly fileName: string;
  /** `uid` of the snapshot that it hangs from; null of the first one. */
  readonly parent: number | null;
  readonly displayName: string;
  readonly description?: string;
  readonly hasMemory: boolean;
  /** Milliseconds since 1970, UTC. */
  readonly createdAtMs: number;
  /** The disks it froze: node such as `scsi0:0`, and the descriptor that was the top then. */
  readonly disks: readonly { readonly node: string; readonly fileName: string }[];
}

/** A VM's list of snapshots. */
export interface Vmsd {
  /** The highest `uid` ever given; 0 when there was none. */
  readonly lastUid: number;
  /** `uid` of the snapshot that the VM hangs from now. */
  readonly current: number | null;
  readonly needConsolidate: boolean;
  readonly snapshots: readonly VmsdSnapshot[];
}

/** More than a host serves (32 a chain), and few enough to read. */
const SNAPSHOTS_MAX = 1024;
const DISKS_MAX = 256;
const UID_MAX = 2 ** 31 - 1;
const NO_SNAPSHOT: Vmsd = { lastUid: 0, current: null, needConsolidate: false, snapshots: [] };

/**
 * Writes `VM.vmsd` as ESXi does (facts/vsphere-formats.md Q1), a text dictionary like the VMX and as clear as that:
 *
 * ```
 * .encoding = "UTF-8"
 * snapshot.lastUID = "2"
 * snapshot.current = "2"
 * snapshot0.uid = "1"
 * snapshot0.filename = "VM-Snapshot1.vmsn"
 * snapshot0.displayName = "before the update"
 * snapshot0.createTimeHigh = "405000"
 * snapshot0.createTimeLow = "-814770620"
 * snapshot0.numDisks = "1"
 * snapshot0.disk0.fileName = "VM.vmdk"
 * snapshot0.disk0.node = "scsi0:0"
 * snapshot.numSnapshots = "2"
 * snapshot1.uid = "2"
 * snapshot1.filename = "VM-Snapshot2.vmsn"
 * snapshot1.parent = "1"
 * snapshot1.displayName = "with memory"
 * snapshot1.description = "..."
 * snapshot1.type = "1"
 * ...
 * ```
 *
 * The number in a key is a place in the list, the `uid` is the snapshot's own; a root has no `parent`, only a snapshot
 * with memory has a `type`. Time is in microseconds, high and low word, the low one printed as a signed number. A VM that
 * never had a snapshot has a file of 0 bytes, and `lastUID` stays when all are gone [I]. What the file gives away of an
 * encrypted VM: names, descriptions and times.
 */
export function formatVmsd(vmsd: Vmsd): Uint8Array {
  if (vmsd.lastUid === 0 && vmsd.snapshots.length === 0 && !vmsd.needConsolidate) return new Uint8Array(0);
  const out = Vmx.create();
  out.set('snapshot.lastUID', `${vmsd.lastUid}`);
  if (vmsd.current !== null) out.set('snapshot.current', `${vmsd.current}`);
  const setCount = (): void => out.set('snapshot.numSnapshots', `${vmsd.snapshots.length}`);
  if (vmsd.snapshots.length === 0) setCount();
  vmsd.snapshots.forEach((snapshot, index) => {
    setSnapshot(out, `snapshot${index}`, snapshot);
    if (index === 0) setCount();
  });
  if (vmsd.needConsolidate) out.set('snapshot.needConsolidate', 'TRUE');
  return out.toBytes();
}

function setSnapshot(out: Vmx, at: string, snapshot: VmsdSnapshot): void {
  const microseconds = BigInt(Math.round(snapshot.createdAtMs)) * 1000n;
  assert(microseconds >= 0n, 'a snapshot is not older than 1970');
  out.set(`${at}.uid`, `${snapshot.uid}`);
  out.set(`${at}.filename`, snapshot.fileName);
  if (snapshot.parent !== null) out.set(`${at}.parent`, `${snapshot.parent}`);
  out.set(`${at}.displayName`, snapshot.displayName);
  if (snapshot.description !== undefined) out.set(`${at}.description`, snapshot.description);
  if (snapshot.hasMemory) out.set(`${at}.type`, '1');
  out.set(`${at}.createTimeHigh`, `${microseconds >> 32n}`);
  out.set(`${at}.createTimeLow`, `${BigInt.asIntN(32, microseconds)}`);
  out.set(`${at}.numDisks`, `${snapshot.disks.length}`);
  snapshot.disks.forEach(({ fileName, node }, index) => {
    out.set(`${at}.disk${index}.fileName`, fileName);
    out.set(`${at}.disk${index}.node`, node);
  });
}

/**
 * Reads a list of snapshots; 0 bytes are the list of a VM that never had one. Keys that are not known are left out.
 *
 * @param shown name for errors
 * @throws HypervisorError FILE_DAMAGED: a key that is missing or no number, names that leave the folder, two snapshots
 *   with one `uid`, a parent that is not there, a circle
 */
export function parseVmsd(bytes: Uint8Array, shown: string): Vmsd {
  if (bytes.length === 0) return NO_SNAPSHOT;
  const fields = new Fields(Vmx.read(bytes, shown), shown);
  const count = fields.number('snapshot.numSnapshots', SNAPSHOTS_MAX, 0);
  const snapshots = Array.from({ length: count }, (_, index) => readSnapshot(fields, `snapshot${index}`));
  const byUid = new Map(snapshots.map((snapshot) => [snapshot.uid, snapshot]));
  if (byUid.size < count) throw fileDamaged(shown, 'two snapshots have the same uid');
  const highest = snapshots.reduce((most, { uid }) => Math.max(most, uid), 0);
  const lastUid = fields.number('snapshot.lastUID', UID_MAX, highest);
  if (lastUid < highest) throw fields.damaged('snapshot.lastUID', 'is lower than the uid of a snapshot');
  const current = fields.number('snapshot.current', UID_MAX, 0);
  if (current !== 0 && !byUid.has(current)) throw fields.damaged('snapshot.current', 'names no snapshot of the list');
  checkParents(snapshots, byUid, shown);
  return {
    lastUid,
    current: current === 0 ? null : current,
    needConsolidate: fields.has('snapshot.needConsolidate', 'TRUE'),
    snapshots,
  };
}

function readSnapshot(fields: Fields, at: string): VmsdSnapshot {
  const description = fields.text(`${at}.description`, '');
  const parent = fields.number(`${at}.parent`, UID_MAX, 0);
  const uid = fields.number(`${at}.uid`, UID_MAX);
  if (uid === 0) throw fields.damaged(`${at}.uid`, 'is 0, which is no snapshot');
  const disks = Array.from({ length: fields.number(`${at}.numDisks`, DISKS_MAX, 0) }, (_, index) => ({
    node: fields.text(`${at}.disk${index}.node`),
    fileName: fields.fileName(`${at}.disk${index}.fileName`),
  }));
  return {
    uid,
    fileName: fields.fileName(`${at}.filename`),
    parent: parent === 0 ? null : parent,
    displayName: fields.text(`${at}.displayName`, ''),
    ...(description === '' ? {} : { description }),
    hasMemory: fields.has(`${at}.type`, '1'),
    createdAtMs: fields.timeMs(`${at}.createTime`),
    disks,
  };
}

/** Each snapshot hangs from one of the list, and by its parents from a root. Linear in their number. */
function checkParents(
  snapshots: readonly VmsdSnapshot[],
  byUid: ReadonlyMap<number, VmsdSnapshot>,
  shown: string,
): void {
  const rooted = new Set<number>();
  for (const snapshot of snapshots) {
    const way = new Set<number>();
    let at: VmsdSnapshot | null = snapshot;
    while (at !== null && !rooted.has(at.uid)) {
      if (way.has(at.uid)) throw fileDamaged(shown, `the parents of snapshot ${at.uid} form a circle`);
      way.add(at.uid);
      const { uid, parent }: VmsdSnapshot = at;
      at = parent === null ? null : (byUid.get(parent) ?? null);
      if (parent !== null && at === null)
        throw fileDamaged(shown, `the parent ${parent} of snapshot ${uid} is missing`);
    }
    for (const uid of way) rooted.add(uid);
  }
}

/** Values of the dictionary, each as what it must be. */
class Fields {
  constructor(
    private readonly vmx: Vmx,
    private readonly shown: string,
  ) {}

  damaged(key: string, what: string): Error {
    return fileDamaged(this.shown, `${key} ${what}`, this.vmx.lineOf(key));
  }

  has(key: string, value: string): boolean {
    return this.vmx.get(key)?.toUpperCase() === value;
  }

  text(key: string, otherwise?: string): string {
    const value = this.vmx.get(key) ?? otherwise;
    if (value === undefined) throw this.damaged(key, 'is missing');
    return value;
  }

  fileName(key: string): string {
    const name = this.text(key);
    if (!isFileName(name)) throw this.damaged(key, 'is not a file of the same folder');
    return name;
  }

  number(key: string, max: number, otherwise?: number): number {
    const value = this.text(key, otherwise === undefined ? undefined : `${otherwise}`);
    if (!/^\d{1,10}$/.test(value) || Number(value) > max) throw this.damaged(key, `is not a number up to ${max}`);
    return Number(value);
  }

  timeMs(key: string): number {
    const [high, low] = ['High', 'Low'].map((word) => {
      const value = this.text(`${key}${word}`, '0');
      if (!/^-?\d{1,10}$/.test(value)) throw this.damaged(`${key}${word}`, 'is not a number');
      return BigInt.asUintN(32, BigInt(value));
    });
    return Number(((high ?? 0n) << 32n) + (low ?? 0n)) / 1000;
  }
}
