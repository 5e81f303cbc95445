import { HypervisorError } from '../api/errors.js';
import { fileLocked } from '../api/faults.js';
import { TEXT_FILE_LIMIT_BYTES } from '../formats/text-lines.js';
import { Vmx } from '../formats/vmx.js';
import type { HostIdentity, Life } from './life.js';
import type { VmFolder } from './vm-folder.js';

/** How often a lock that goes away while it is looked at is tried for again. */
const TRIES = 5;

/** What taking a lock needs of the host. */
export interface LockingHost {
  readonly identity: HostIdentity;
  readonly life: Life;
  /** What living hosts hold on the medium, see live-holders.ts. */
  readonly liveHolders: Map<string, Life>;
}

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
 * earlier boot of its own left, unless that boot lives: an object over the same medium that was not shut down. What
 * another host left stays, however old: no file can tell a crashed host from one that runs, so a person decides and
 * removes it. A host (one UUID) must not run in two processes at once.
 *
 * @throws HypervisorError FILE_LOCKED with the holder; what the folder throws
 */
export async function takeVmLock(folder: VmFolder, vmxFileName: string, host: LockingHost): Promise<void> {
  const lockFile = lockFileOf(vmxFileName);
  refuseLiving(folder, vmxFileName, host);
  host.liveHolders.set(pathOf(folder, vmxFileName), host.life);
  try {
    await linkLock(folder, lockFile, host.identity, (holder) => lockedBy(folder, vmxFileName, holder));
  } catch (error) {
    // Where the lock stands all the same it is this host's, which takes it over.
    host.liveHolders.delete(pathOf(folder, vmxFileName));
    throw error;
  }
}

/** Takes the file away, if it is this boot's; nothing happens where this boot holds none. */
export async function releaseVmLock(folder: VmFolder, vmxFileName: string, host: LockingHost): Promise<void> {
  const path = pathOf(folder, vmxFileName);
  if (host.liveHolders.get(path) !== host.life) return;
  try {
    const holder = await holderOf(folder, lockFileOf(vmxFileName));
    const { uuid, incarnation } = host.identity;
    if (holder === 'gone' || holder?.uuid !== uuid || holder.incarnation !== incarnation) return;
    await folder.remove(lockFileOf(vmxFileName));
    await folder.fsync();
  } finally {
    host.liveHolders.delete(path);
  }
}

/** Refuses with FILE_LOCKED where another host, or another living boot of this one, holds the lock; takes nothing. */
export async function refuseIfLockedElsewhere(folder: VmFolder, vmxFileName: string, host: LockingHost): Promise<void> {
  refuseLiving(folder, vmxFileName, host);
  const holder = await holderOf(folder, lockFileOf(vmxFileName));
  if (holder !== 'gone' && holder?.uuid !== host.identity.uuid) throw lockedBy(folder, vmxFileName, holder);
}

function refuseLiving(folder: VmFolder, vmxFileName: string, { life, liveHolders }: LockingHost): void {
  const other = liveHolders.get(pathOf(folder, vmxFileName));
  if (other === undefined || other === life || other.over) return;
  throw fileLocked(folder.shown(vmxFileName), folder.shown(lockFileOf(vmxFileName)), `host ${other.host}`);
}

async function linkLock(
  folder: VmFolder,
  lockFile: string,
  host: HostIdentity,
  refusal: (holder: Holder | null) => HypervisorError,
): Promise<void> {
  const beside = `${lockFile}.${host.uuid}`;
  if (await folder.has(beside)) await folder.remove(beside);
  await folder.writeNew(beside, contentOf(host));
  try {
    for (let tries = 1; !(await linked(folder, beside, lockFile)); tries += 1) {
      const holder = await holderOf(folder, lockFile);
      if (holder === 'gone' && tries < TRIES) continue;
      if (holder === 'gone' || holder?.uuid !== host.uuid) throw refusal(holder === 'gone' ? null : holder);
      await folder.rename(beside, lockFile);
      break;
    }
    await folder.fsync();
  } finally {
    if (await folder.has(beside)) await folder.remove(beside);
  }
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

function lockedBy(folder: VmFolder, vmxFileName: string, holder: Holder | null): HypervisorError {
  const name = holder === null ? 'a host that its lock does not name' : `host ${holder.name}`;
  return fileLocked(folder.shown(vmxFileName), folder.shown(lockFileOf(vmxFileName)), name);
}

function lockFileOf(vmxFileName: string): string {
  return `${vmxFileName}.lck`;
}

function pathOf(folder: VmFolder, vmxFileName: string): string {
  return `${folder.path}/${lockFileOf(vmxFileName)}`;
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
