/** A snapshot to take (VirtualMachine.CreateSnapshot_Task). */
export interface SnapshotCreateSpec {
  readonly name: string;
  readonly description?: string;
  /** Whether the memory of a running VM is kept too; a VM that is off has none, and the word is passed over. Default: false. */
  readonly memory?: boolean;
}

/** A snapshot of a VM (VirtualMachineSnapshotTree). */
export interface SnapshotInfo {
  /** Unique in its VM and never given again; counts from 1. */
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly createdAtMs: number;
  /** The snapshot on which it rests, null for the first of its branch. */
  readonly parentId: number | null;
  /** Whether the memory of the running VM was kept: after a revert the VM runs on from there. */
  readonly hasMemory: boolean;
  /** The disks that it froze, by device key. */
  readonly disks: readonly { readonly deviceKey: number; readonly fileName: string }[];
}

/** All snapshots of a VM (VirtualMachine.snapshot). */
export interface SnapshotList {
  /** The one from which the VM goes on, null when it has none. */
  readonly currentId: number | null;
  /** In the order in which they were taken. */
  readonly snapshots: readonly SnapshotInfo[];
  /** Whether disks still hang from links that no snapshot needs (runtime.consolidationNeeded). */
  readonly consolidationNeeded: boolean;
}

/** Which snapshots go (VirtualMachineSnapshot.RemoveSnapshot_Task). */
export interface SnapshotRemoveSpec {
  readonly id: number;
  /** Also all that rest on it. Default: false. */
  readonly removeChildren?: boolean;
}
