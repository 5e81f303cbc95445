import { keyNotInCache, notSupported, snapshotsPresent } from '../api/faults.js';
import type { VmReconfigureSpec } from '../api/reconfigure.js';
import type { VmInfo } from '../api/vm.js';
import type { WorkControl } from '../api/work-control.js';
import { changeDisks, changesDisks } from '../host/change-disks.js';
import type { HostContext } from '../host/host-context.js';
import { loadConfig, requireUnlocked } from '../host/refresh-vm.js';
import type { RegisteredVm } from '../host/registered-vm.js';
import { checkSettled, settleVm } from '../host/settle-vm.js';
import { vmInfoOf } from '../host/vm-info.js';
import { whileLocked } from '../host/while-locked.js';
import { changeInPlace } from '../vm-home/change/in-place/change-in-place.js';
import { makeChange } from '../vm-home/change/make-change.js';
import {
  type ChangePlan,
  type DiskChange,
  keysSealedWith,
  planChange,
  rewritesData,
} from '../vm-home/change/plan-change.js';
import { isLinkedClone } from '../vm-home/disk-config.js';
import { partsOf } from '../vm-home/disk-node.js';
import { refuseLostBundle } from '../vm-home/lost-bundle.js';
import { isLinear, readSnapshotList } from '../vm-home/snapshots/snapshot-list.js';
import type { VmConfig } from '../vm-home/vm-config.js';
import { vmOperation } from './host-operation.js';

/** What the VM's log says afterwards. */
const LOG_LINE = 'Changed keys of virtual machine home and disks.';

/**
 * Encrypts, decrypts or recrypts VM home and disks, together (rows S09, S31), or gives the VM disks, takes or grows them, see
 * host/change-disks.ts. A shallow recrypt seals the same DEKs under another KEK and may be done while the VM runs, unless it
 * has a disk on an IDE controller; all else is done while it is off. What a cut left of an earlier change is finished or undone
 * first.
 *
 * A refusal leaves all files as they were. Once the VMX is replaced the change is made: an error after that tells what is
 * left to drop, which the next start does.
 *
 * @throws HypervisorError VM_NOT_FOUND, VM_LOCKED, DISK_KEY_MISSING, KEY_NOT_IN_CACHE, INVALID_STATE (host not safe),
 *   INVALID_POWER_STATE, DISK_NOT_FOUND, VM_ENCRYPTED, VM_NOT_ENCRYPTED, DISK_ENCRYPTED, DISK_NOT_ENCRYPTED,
 *   ENCRYPTED_DISK_ON_PLAIN_VM, MIXED_KEYS, SNAPSHOTS_PRESENT, INVALID_ARGUMENT, NOT_SUPPORTED, ALREADY_EXISTS, FILE_LOCKED, NO_SPACE, CANCELED, and every diagnosis of
 *   its files
 */
export const reconfigureVm = vmOperation<[spec: VmReconfigureSpec, control?: WorkControl], VmInfo>({
  vimName: 'VirtualMachine.ReconfigVM_Task',
  changesInventory: false,
  perform: async (host, vm, spec, control = {}) => {
    vm.checkNoTemplate('changed');
    if (changesDisks(spec)) return changeDisks(host, vm, spec, control);
    await requireUnlocked(host, vm);
    checkSettled(vm);
    const found = await loadConfig(host, vm);
    await refuseLostBundle(found);
    const plan = planChange(found, spec);
    checkAllowed(host, vm, plan);
    await refuseSnapshots(found, plan);
    if (!changesKeys(plan)) return vmInfoOf(vm, host.keys);
    const rewritten = await whileLocked(host, vm, found.folder, LOG_LINE, async () => {
      const config = await settleVm(host, vm, await loadConfig(host, vm));
      const settled = planChange(config, spec);
      const isInPlace = spec.rewrite === 'inPlace' && settled.disks.some(({ change }) => rewritesData(change));
      return (isInPlace ? changeInPlace : makeChange)(config, settled, host, control);
    });
    host.events.emit({
      type: 'VM_RECONFIGURED',
      vm: vm.uuid,
      home: spec.crypto?.type ?? 'NoOp',
      disks: rewritten.disks,
      rewrittenBytes: rewritten.bytes,
    });
    return vmInfoOf(vm, host.keys);
  },
});

function changesKeys({ home, disks }: ChangePlan): boolean {
  return [home, ...disks.map(({ change }) => change)].some(({ kind }) => kind !== 'keep');
}

function checkAllowed({ mode, keys }: HostContext, vm: RegisteredVm, plan: ChangePlan): void {
  const changes = [plan.home, ...plan.disks.map(({ change }) => change)];
  refuseOthersLinks(vm, plan);
  if (changes.some(rewritesData)) vm.checkPoweredOff();
  // The one controller that every text singles out (facts/vsphere-rules.md section 2.1).
  const hasIde = plan.disks.some(({ disk }) => partsOf(disk.node).bus === 'ide');
  if (hasIde && changes.some(({ kind }) => kind === 'shallow')) vm.checkPoweredOff();
  const needed = keysSealedWith(plan);
  if (needed.length === 0) return;
  mode.checkSupported(`A change of the keys of ${vm.name}`);
  mode.checkSafe();
  const missing = needed.filter((id) => !keys.has(id));
  if (missing.length > 0) throw keyNotInCache(missing);
}

/**
 * A linked clone keeps its keys, which are those of the links that it rests on (facts/vsphere-formats.md Q12); and data of a
 * disk in another folder is not written anew, because the files of one change lie in one folder.
 */
function refuseOthersLinks(vm: RegisteredVm, plan: ChangePlan): void {
  if (!changesKeys(plan)) return;
  if (isLinkedClone(plan.disks.map(({ disk }) => disk))) {
    throw notSupported(
      'linked clone',
      `${vm.name} is a linked clone: it is neither decrypted nor given other keys. Make a full clone of it.`,
    );
  }
  const isElsewhere = ({ disk }: DiskChange): boolean =>
    disk.folder.name !== vm.path.folder || disk.folder.datastore !== vm.path.datastore;
  const elsewhere = plan.disks.find((each) => rewritesData(each.change) && isElsewhere(each));
  if (elsewhere === undefined) return;
  const { folder, fileName } = elsewhere.disk;
  throw notSupported(
    'disk elsewhere',
    `The data of ${folder.shown(fileName)} is not written anew, because the disk is not in the folder of ${vm.name}. Detach it, or change its keys shallow.`,
  );
}

/**
 * What writes data anew is not done while a VM has snapshots or links of a chain; another KEK only where all links are those
 * of the VM's own disks: one line of snapshots at whose end it is (facts/vsphere-rules.md section 2).
 */
async function refuseSnapshots({ folder, vmxFileName, name, disks }: VmConfig, plan: ChangePlan): Promise<void> {
  if (!changesKeys(plan)) return;
  const list = await readSnapshotList(folder, vmxFileName);
  const isChained = disks.some(({ parents }) => parents.length > 0);
  const isRewrite = [plan.home, ...plan.disks.map(({ change }) => change)].some(rewritesData);
  if (isRewrite && (list.snapshots.length > 0 || isChained)) throw snapshotsPresent(name, 'any');
  if (!isLinear(list)) throw snapshotsPresent(name, 'branches');
}
