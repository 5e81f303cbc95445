import { HypervisorError } from '../api/errors.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import { fileLocked } from '../faults.js';
import { TEXT_FILE_LIMIT_BYTES } from '../formats/text-lines.js';
import { Vmx } from '../formats/vmx.js';
import type { HostIdentity } from '../host/host-context.js';
import type { RegisteredVm } from './registered-vm.js';

/** How often a lock that goes away while it is looked at is tried for again. */
const TRIES = 5;

/** Who holds a lock, as its file says. */
interface Holder {
  readonly name: string;
  readonly uuid: string;
  readonly incarnation: number;
}

/**
 * The lock of a VM that runs: `NAME.vmx.lck` in its folder, a text dictionary (form ours; on ESXi the file is there and
 * empty):
 *
 * ```
 * .encoding = "UTF-8"
 * lock.host = "esx-1"
 * lock.hostUuid = "0b6f..."
 * lock.incarnation = "3"
 * ```
 *
 * It is made whole beside its place and linked there, so that of two hosts one gets it. A host takes over what an
 * earlier boot of its own left. What another host left stays, however old: nothing here can tell a crashed host from
 * one that runs, so a person decides and removes the file. A host (one UUID) must not be booted twice at once.
 *
 * @throws HypervisorError FILE_LOCKED with the holder; what the folder throws
 */
export async function takeVmLock(vm: RegisteredVm, folder: VmFolder, host: HostIdentity): Promise<void> {
  const lockFile = `${vm.path.fileName}.lck`;
  const beside = `${lockFile}.${host.uuid}`;
  if (await folder.has(beside)) await folder.remove(beside);
  await folder.writeNew(beside, contentOf(host));
  try {
    for (let tries = 1; !(await linked(folder, beside, lockFile)); tries += 1) {
      const holder = await holderOf(folder, lockFile);
      if (holder === 'gone' && tries < TRIES) continue;
      if (holder === 'gone' || !isMine(holder, host, vm.mayHoldLock)) {
        throw lockedBy(vm, folder, lockFile, holder === 'gone' ? null : holder);
      }
      await folder.rename(beside, lockFile);
      break;
    }
    vm.mayHoldLock = true;
    await folder.fsync();
  } finally {
    if (await folder.has(beside)) await folder.remove(beside);
  }
}

/** Takes the file away, if it is this boot's. */
export async function releaseVmLock(vm: RegisteredVm, folder: VmFolder, host: HostIdentity): Promise<void> {
  if (!vm.mayHoldLock) return;
  const lockFile = `${vm.path.fileName}.lck`;
  const holder = await holderOf(folder, lockFile);
  if (holder !== 'gone' && isMine(holder, host, true)) {
    await folder.remove(lockFile);
    await folder.fsync();
  }
  vm.mayHoldLock = false;
}

/** Refuses with FILE_LOCKED where another host holds the lock, and takes nothing. */
export async function refuseIfLockedElsewhere(vm: RegisteredVm, folder: VmFolder, host: HostIdentity): Promise<void> {
  const lockFile = `${vm.path.fileName}.lck`;
  const holder = await holderOf(folder, lockFile);
  if (holder !== 'gone' && !isMine(holder, host, vm.mayHoldLock)) throw lockedBy(vm, folder, lockFile, holder);
}

/** False when the name is taken. */
async function linked(folder: VmFolder, from: string, to: string): Promise<boolean> {
  try {
    await folder.link(from, to);
    return true;
  } catch (error) {
    if (error instanceof HypervisorError && error.code === 'ALREADY_EXISTS') return false;
    throw error;
  }
}

function isMine(holder: Holder | null, host: HostIdentity, mine: boolean): boolean {
  if (holder === null || holder.uuid !== host.uuid) return false;
  return holder.incarnation < host.incarnation || (mine && holder.incarnation === host.incarnation);
}

function lockedBy(vm: RegisteredVm, folder: VmFolder, lockFile: string, holder: Holder | null): HypervisorError {
  return fileLocked(
    vm.shown,
    folder.shown(lockFile),
    holder === null ? 'a host that its lock does not name' : `host ${holder.name}`,
  );
}

/** Null where the file does not say, as ESXi's own. */
async function holderOf(folder: VmFolder, lockFile: string): Promise<Holder | null | 'gone'> {
  if (!(await folder.has(lockFile))) return 'gone';
  const lock = Vmx.read(await folder.readBytes(lockFile, TEXT_FILE_LIMIT_BYTES), folder.shown(lockFile), () => {});
  const [name, uuid, incarnation] = ['lock.host', 'lock.hostUuid', 'lock.incarnation'].map((key) => lock.get(key));
  if (name === undefined || uuid === undefined || !/^[0-9]{1,15}$/.test(incarnation ?? '')) return null;
  return { name, uuid, incarnation: Number(incarnation) };
}

function contentOf(host: HostIdentity): Uint8Array {
  const lock = Vmx.create();
  lock.set('lock.host', host.name);
  lock.set('lock.hostUuid', host.uuid);
  lock.set('lock.incarnation', String(host.incarnation));
  return lock.toBytes();
}
