import { invalidArgument, notSupported } from '../api/faults.js';
import type { SnapshotCreateSpec, SnapshotInfo } from '../api/snapshot.js';
import type { WorkControl } from '../api/work-control.js';
import { changeSnapshots, refuseSuspended } from '../host/change-snapshots.js';
import type { HostContext } from '../host/host-context.js';
import type { RegisteredVm } from '../host/registered-vm.js';
import { whileStunned } from '../host/while-stunned.js';
import { CHAIN_MAX } from '../vm-home/disk-config.js';
import { isFrozen } from '../vm-home/snapshots/is-frozen.js';
import { readSnapshotList } from '../vm-home/snapshots/snapshot-list.js';
import { takeSnapshot } from '../vm-home/snapshots/take-snapshot.js';
import type { VmConfig } from '../vm-home/vm-config.js';
import { vmOperation } from './host-operation.js';
import { snapshotInfoOf } from './snapshots.js';
import { refuseDroppedDisks } from './suspend-vm.js';

/** Characters of a name, as the product's clients take them. */
const NAME_MAX = 80;

/**
 * Takes a snapshot of a VM: its disks go on in children, which have the same keys (row S05; facts/vsphere-formats.md Q3 and
 * Q12). With `memory`, what a running VM has in memory is kept too; an encrypted one's only from 6.7 on. A refusal changes
 * nothing.
 *
 * @throws HypervisorError VM_NOT_FOUND, INVALID_ARGUMENT, NOT_SUPPORTED, INVALID_POWER_STATE (suspended), VM_LOCKED,
 *   MIXED_KEYS, DISK_KEY_MISSING, FILE_LOCKED, NO_SPACE, every diagnosis of its files
 */
export const createSnapshot = vmOperation<[spec: SnapshotCreateSpec, control?: WorkControl], SnapshotInfo>({
  vimName: 'VirtualMachine.CreateSnapshot_Task',
  changesInventory: false,
  perform: async (host, vm, spec) => {
    vm.checkNoTemplate('snapshotted');
    if (spec.name.trim() === '' || spec.name.length > NAME_MAX) {
      throw invalidArgument('name', `The name of a snapshot has 1 to ${NAME_MAX} characters.`);
    }
    const hasMemory = spec.memory === true && vm.running !== null;
    const check = async (config: VmConfig): Promise<void> => checkTakable(host, vm, config, hasMemory);
    const taken = await changeSnapshots(host, vm, `Created snapshot ${spec.name}.`, check, (changed) =>
      whileStunned(host, vm, () => {
        const running = hasMemory ? vm.running : null;
        const writeMemory = running === null ? null : (name: string) => running.saveMemory(changed, name);
        return takeSnapshot(changed, spec, { createdAtMs: host.clock.nowMs, writeMemory });
      }),
    );
    host.events.emit({ type: 'SNAPSHOT_CREATED', vm: vm.uuid, snapshot: taken.uid, memory: hasMemory });
    return snapshotInfoOf(taken);
  },
});

async function checkTakable(host: HostContext, vm: RegisteredVm, config: VmConfig, hasMemory: boolean): Promise<void> {
  refuseSuspended(vm);
  if (hasMemory) refuseDroppedDisks(vm);
  if (hasMemory && config.sealedHome !== null && host.mode.capability.encryptionMemorySaveSupported !== true) {
    throw notSupported(
      'memory of an encrypted VM',
      `A host of version ${host.mode.version} takes no snapshot with the memory of an encrypted virtual machine. Take one without memory.`,
    );
  }
  const full = config.disks.find(({ parents }) => parents.length + 1 === CHAIN_MAX);
  if (full !== undefined) {
    const shown = full.folder.shown(full.fileName);
    throw notSupported(
      'chain length',
      `${shown} has ${CHAIN_MAX - 1} snapshots below it, which is the most. Remove some first.`,
    );
  }
  const elsewhere = config.disks.find((disk) => isFrozen(disk) && disk.folder.path !== config.folder.path);
  if (elsewhere !== undefined) {
    throw notSupported(
      'disk elsewhere',
      `${elsewhere.folder.shown(elsewhere.fileName)} is not in the folder of ${config.name}, and takes no part in snapshots. Make the disk independent.`,
    );
  }
  // Whatever is wrong with the list is found before anything is made.
  await readSnapshotList(config.folder, config.vmxFileName);
}
