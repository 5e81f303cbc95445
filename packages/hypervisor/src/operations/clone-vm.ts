import type { VmCloneResult, VmCloneSpec } from '../api/clone.js';
import type { CryptoSpec } from '../api/crypto-spec.js';
import {
  alreadyExists,
  invalidArgument,
  invalidPowerState,
  keyNotInCache,
  notSupported,
  snapshotNotFound,
} from '../api/faults.js';
import type { Provisioning } from '../api/provisioning.js';
import type { WorkControl } from '../api/work-control.js';
import { isFileName } from '../formats/file-name.js';
import { isUuid } from '../formats/vmware-uuid.js';
import type { HostContext } from '../host/host-context.js';
import { loadConfig, requireUnlocked, settleLock } from '../host/refresh-vm.js';
import { RegisteredVm } from '../host/registered-vm.js';
import { checkSettled, settleVm } from '../host/settle-vm.js';
import { whileLocked } from '../host/while-locked.js';
import { openHomeOrLocked } from '../vm-home/attach-disk.js';
import type { ChangedVm } from '../vm-home/change/changed-vm.js';
import { SwitchUnknown } from '../vm-home/change/commit-change.js';
import { makeChange } from '../vm-home/change/make-change.js';
import { type ChangePlan, keysSealedWith, planChange } from '../vm-home/change/plan-change.js';
import { type CloneSource, currentSource, snapshotSource } from '../vm-home/clone/clone-source.js';
import { bytesOfClone, type CloneIdentity, writeClone } from '../vm-home/clone/write-clone.js';
import { linksOf } from '../vm-home/disk-config.js';
import { type DiskNode, deviceKeyOf } from '../vm-home/disk-node.js';
import { refuseLostBundle } from '../vm-home/lost-bundle.js';
import { readSnapshotList, snapshotAt } from '../vm-home/snapshots/snapshot-list.js';
import { readVmConfig } from '../vm-home/vm-config.js';
import { vmOperation } from './host-operation.js';

/** Room for the small files of a VM. */
const SMALL_FILES_BYTES = 64 * 1024;

/**
 * Makes a copy of a VM or a template and registers it (facts/vsphere-formats.md Q12). A full one copies the disks as they are,
 * so of an encrypted VM the same ciphertext under the same keys; other keys, or none, it gets in the same call before it is
 * registered. A linked one rests on what a snapshot of the source froze, has that DEK of need, and keeps its keys for good.
 *
 * On failure nothing of it is left. A cut before the last step leaves a folder and no registered VM.
 *
 * @throws HypervisorError VM_NOT_FOUND, INVALID_ARGUMENT, ALREADY_EXISTS, INVALID_POWER_STATE (a full copy of a VM that is
 *   not off), SNAPSHOT_NOT_FOUND, VM_LOCKED, DISK_KEY_MISSING, KEY_NOT_IN_CACHE, INVALID_STATE (host not safe),
 *   NOT_SUPPORTED, VM_ENCRYPTED, VM_NOT_ENCRYPTED, ENCRYPTED_DISK_ON_PLAIN_VM, FILE_LOCKED, NO_SPACE, CANCELED, every
 *   diagnosis of its files
 */
export const cloneVm = vmOperation<[spec: VmCloneSpec, control?: WorkControl], VmCloneResult>({
  vimName: 'VirtualMachine.CloneVM_Task',
  changesInventory: true,
  perform: async (host, vm, spec, control = {}) => {
    checkSpec(host, spec);
    checkPower(vm, spec);
    await requireUnlocked(host, vm);
    checkSettled(vm);
    const found = await loadConfig(host, vm);
    await refuseLostBundle(found);
    if (spec.crypto !== undefined) checkKeys(host, spec.name, planChange(found, { crypto: spec.crypto }));
    if (found.sealedHome !== null) host.mode.checkSafe();
    return whileLocked(host, vm, found.folder, `Cloned to ${spec.name}.`, async () => {
      const config = await settleVm(host, vm, await loadConfig(host, vm));
      const home = openHomeOrLocked(config, host);
      try {
        const changed = { config, home, sealer: host };
        const source = await sourceOf(changed, spec);
        await make(host, changed, source, spec, control);
        return { uuid: spec.uuid, keptFormat: keptFormat(source, spec.provisioning) };
      } finally {
        home?.dek.dispose();
      }
    });
  },
});

function checkSpec({ inventory, datastores }: HostContext, spec: VmCloneSpec): void {
  if (!isFileName(spec.name)) throw invalidArgument('name', 'The name of a VM must be a valid folder name.');
  if (!isUuid(spec.uuid)) throw invalidArgument('uuid', 'The UUID of a VM is written in lower case, 8-4-4-4-12.');
  if (spec.datastore !== undefined) datastores.named(spec.datastore);
  inventory.checkKnown();
  if (inventory.get(spec.uuid) !== undefined) {
    throw alreadyExists(`A virtual machine with UUID ${spec.uuid}`, 'Unregister it or take another UUID.');
  }
  const isLinked = spec.kind === 'linked';
  if (!isLinked && spec.snapshotId !== undefined) {
    throw invalidArgument('snapshotId', 'A full copy is of the VM as it is. Name a snapshot for a linked one only.');
  }
  if (isLinked && changesKeys(spec.crypto)) {
    throw notSupported(
      'linked clone',
      'A linked clone has the keys of the VM that it rests on: it is neither decrypted nor given other keys. Make a full copy.',
    );
  }
  if (isLinked && spec.provisioning !== undefined) {
    throw invalidArgument('provisioning', 'The disks of a linked clone are children, and have no form to choose.');
  }
}

function checkPower(vm: RegisteredVm, { kind }: VmCloneSpec): void {
  if (kind === 'linked') return;
  vm.checkPoweredOff();
  if (vm.powerState === 'suspended') throw invalidPowerState(vm.name, 'suspended');
}

function changesKeys(crypto: CryptoSpec | undefined): boolean {
  return crypto !== undefined && crypto.type !== 'NoOp' && crypto.type !== 'Register';
}

function checkKeys({ mode, keys }: HostContext, name: string, plan: ChangePlan): void {
  const needed = keysSealedWith(plan);
  if (needed.length === 0) return;
  mode.checkSupported(`An encrypted virtual machine, ${name},`);
  mode.checkSafe();
  const missing = needed.filter((id) => !keys.has(id));
  if (missing.length > 0) throw keyNotInCache(missing);
}

async function sourceOf(vm: ChangedVm, { kind, snapshotId }: VmCloneSpec): Promise<CloneSource> {
  if (kind !== 'linked') return currentSource(vm);
  const { folder, vmxFileName, name } = vm.config;
  const list = await readSnapshotList(folder, vmxFileName);
  const id = snapshotId ?? list.current;
  if (id === null) {
    throw invalidArgument('snapshotId', `${name} has no snapshot on which a linked clone could rest. Take one first.`);
  }
  const snapshot = snapshotAt(list, id);
  if (snapshot === null) throw snapshotNotFound(name, id);
  return snapshotSource(vm, snapshot);
}

/** Makes the files, gives them other keys where that is asked for, and registers the whole. */
async function make(
  host: HostContext,
  vm: ChangedVm,
  source: CloneSource,
  spec: VmCloneSpec,
  control: WorkControl,
): Promise<void> {
  const datastore = host.datastores.named(spec.datastore ?? vm.config.folder.datastore);
  const folder = await datastore.createVmFolder(spec.name, bytesOfClone(source) + SMALL_FILES_BYTES);
  const { name, uuid } = spec;
  const vmxFileName = `${name}.${spec.template === true ? 'vmtx' : 'vmx'}`;
  const copy = new RegisteredVm(
    uuid,
    { datastore: folder.datastore, folder: folder.name, fileName: vmxFileName },
    name,
  );
  try {
    await writeClone(vm, source, { name, uuid, folder, vmxFileName }, host, control);
    await changeKeys(host, { name, uuid, folder, vmxFileName }, spec, control);
    copy.note({ config: await readVmConfig(folder, vmxFileName) });
    await host.inventory.add(copy);
  } catch (error) {
    // As of a VM that is made: the first failure is what the caller must hear of.
    if (host.inventory.isKnown) await folder.removeAll().catch(() => {});
    throw error instanceof SwitchUnknown ? error.cause : error;
  }
  const encrypted = copy.config !== null && copy.config.sealedHome !== null;
  host.events.emit({ type: 'VM_CREATED', vm: uuid, encrypted, disks: source.disks.length });
  host.events.emit({ type: 'VM_REGISTERED', vm: uuid, encrypted });
  await settleLock(host, copy);
}

async function changeKeys(
  host: HostContext,
  { folder, vmxFileName }: CloneIdentity,
  { crypto }: VmCloneSpec,
  control: WorkControl,
): Promise<void> {
  if (crypto === undefined || !changesKeys(crypto)) return;
  const config = await readVmConfig(folder, vmxFileName);
  await makeChange(config, planChange(config, { crypto }), host, control);
}

/**
 * The disks that have another form than was asked for: a copy has the form of its source, whatever is asked (row S23; of the
 * product it is told of lazily zeroed ones, which cannot be told from the others by their files) [ours O49].
 */
function keptFormat({ disks }: CloneSource, wanted: Provisioning | undefined): readonly number[] {
  if (wanted === undefined) return [];
  return disks
    .filter(({ chain }) => (linksOf(chain).at(-1)?.isThin ?? false) !== (wanted === 'thin'))
    .map(({ node }) => deviceKeyOf(node as DiskNode));
}
