import type { NvramVariables } from '../../formats/nvram.js';
import { TEXT_FILE_LIMIT_BYTES } from '../../formats/text-lines.js';
import type { VmsdSnapshot } from '../../formats/vmsd.js';
import { openKeyOrRefuse } from '../attach-disk.js';
import { boundOf } from '../change/change-disk.js';
import type { ChangedVm } from '../change/changed-vm.js';
import type { ChainConfig } from '../disk-config.js';
import type { BoundDisk } from '../key-binding.js';
import { readNvramFile } from '../nvram-file.js';
import { planRevert } from '../snapshots/revert-vm.js';

/** A disk of the VM that is copied. */
export interface SourceDisk {
  readonly node: string;
  readonly chain: ChainConfig;
  /** What the source's home knows of it, null for a plain disk. */
  readonly bound: BoundDisk | null;
  /** Whether the copy rests on its links, in place of having its data. */
  readonly isLinked: boolean;
}

/** What a copy is made of: everything read and compared, nothing written. */
export interface CloneSource {
  /** Bytes of the VMX. */
  readonly vmx: Uint8Array;
  readonly nvram: NvramVariables;
  readonly disks: readonly SourceDisk[];
}

/**
 * The VM as it is now.
 *
 * @throws HypervisorError DISK_KEY_MISSING, every diagnosis of its files
 */
export async function currentSource(vm: ChangedVm): Promise<CloneSource> {
  const { config, home, sealer } = vm;
  const { folder, vmxFileName } = config;
  const disks = config.disks.map((disk): SourceDisk => {
    // Compares the descriptors with their sealed copies: what does not agree is not copied.
    openKeyOrRefuse(disk, config, home, sealer)?.dek.dispose();
    const bound = disk.encryption === null ? null : boundOf(vm, disk);
    return { node: disk.node, chain: disk, bound, isLinked: false };
  });
  return {
    vmx: await folder.readBytes(vmxFileName, TEXT_FILE_LIMIT_BYTES),
    nvram: await readNvramFile(config, home?.dek ?? null),
    disks,
  };
}

/**
 * The VM as a snapshot froze it; the copy rests on the disks that the snapshot froze. Of the others, independent ones, it
 * gets none.
 *
 * @throws HypervisorError ENVELOPE_TAMPERED, FILE_DAMAGED, BUNDLE_MISSING
 */
export async function snapshotSource(vm: ChangedVm, snapshot: VmsdSnapshot): Promise<CloneSource> {
  const { state, disks } = await planRevert(vm, snapshot);
  return {
    vmx: state.vmx,
    nvram: state.nvram,
    disks: disks.map((disk) => ({ ...disk, isLinked: true })),
  };
}
