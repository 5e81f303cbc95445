// What has to hold of a virtual machine after a cut, whatever was cut.
import { type CryptoKeyId, exists, readWhole, sameKeyId } from '@vcryptsim/ports';
import type { MemoryFileSystem } from '@vcryptsim/simkit';
import { must, mustOpen } from '../scenario.js';
import { isInClear } from './guest-data.js';
import { digestOf, entriesOf } from './image.js';
import { checkBinding } from './vm-binding.js';
import { ALL_KEYS, type Kek, keysText, VM, VM_FOLDER, VmWorld } from './vm-world.js';

/** Looks at the whole of a disk; throws a Loss where it is not what it must be. */
export type LookAtDisk = (deviceKey: number, bytes: Uint8Array) => void;

/** Powers the VM on, looks at its disks, powers it off. */
export async function powerOnAndLook(world: VmWorld, what: string, look: LookAtDisk): Promise<void> {
  const { host } = world;
  await mustOpen(`${what}: power on`, () => host.powerOnVm(VM));
  for (const deviceKey of await world.deviceKeys())
    look(deviceKey, await mustOpen(`${what}: disk ${deviceKey}`, () => world.read(deviceKey)));
  await mustOpen(`${what}: power off`, () => host.powerOffVm(VM));
}

/** What {@link checkStarted} found. */
export interface Started {
  /** The keys that the files of the VM name: of the home, then of each disk. */
  readonly keys: readonly (CryptoKeyId | null)[];
  /** The second host, with all keys; the VM is off. */
  readonly world: VmWorld;
}

/**
 * The VM is started by a fresh host: it powers on and its disks are as they must be; then nothing is left in its folder that it
 * does not need, a second start by another fresh host changes no byte, its files open with the keys that they name and with
 * all others not, and no data of an encrypted disk lies in clear.
 */
export async function checkStarted(files: MemoryFileSystem, look: LookAtDisk): Promise<Started> {
  const first = await VmWorld.boot(files, 11);
  const [vm, ...more] = await first.host.vms();
  must(vm?.uuid === VM && more.length === 0, () => `the host has ${more.length + (vm ? 1 : 0)} VMs`);
  await powerOnAndLook(first, 'first start', look);
  const keys = await first.keys();
  await first.host.shutDown();
  await checkFolder(files, 'after the first start');
  await checkClear(files, keys);
  await mustOpen('its sealed binding', () => checkBinding(files));
  const settled = await digestOf(files, isSettled);
  const isNamed = ({ id }: Kek) => keys.some((key) => key !== null && sameKeyId(key, id));
  const others = ALL_KEYS.filter((key) => !isNamed(key));
  const world = await VmWorld.boot(files, 12, others);
  if (others.length < ALL_KEYS.length) {
    const isOpened = await world.host.powerOnVm(VM).then(
      () => true,
      () => false,
    );
    must(!isOpened, () => `it opens without ${keysText(keys)}`);
    await world.host.removeKeys(
      others.map(({ id }) => id),
      true,
    );
    await world.grant(ALL_KEYS.filter(isNamed));
  }
  await powerOnAndLook(world, 'second start, with the keys that are named', look);
  must((await digestOf(files, isSettled)) === settled, () => 'a second start changed its files');
  await world.grant(others);
  return { keys, world };
}

/** vmware.log tells how often it was started, and a volume's heartbeats and locks which boot of a host was there last. */
function isSettled(path: string): boolean {
  return !path.endsWith('/vmware.log') && !/\/\.(vh|lock)\.sf/.test(path);
}

/**
 * Every file in the folder of the VM is one that its VMX or one of its descriptors names, or its own.
 *
 * @param loose files that may lie there besides: of a disk that the VM has not, or has not yet
 */
export async function checkFolder(files: MemoryFileSystem, when: string, loose: readonly string[] = []): Promise<void> {
  const present = await files.readdir(VM_FOLDER);
  const text = async (name: string): Promise<string> =>
    present.includes(name)
      ? Buffer.from(await readWhole(files, `${VM_FOLDER}/${name}`, 2 ** 20)).toString('latin1')
      : '';
  const vmx = await text('web.vmx');
  const descriptors = [...vmx.matchAll(/fileName = "([^"]+\.vmdk)"/gi)].map(([, name = '']) => name);
  const extents: string[] = [];
  for (const descriptor of descriptors) {
    const named = await text(descriptor);
    extents.push(...[...named.matchAll(/"([^"]+-flat\.vmdk)"/g)].map(([, name = '']) => name));
  }
  const nvram = [...vmx.matchAll(/nvram = "([^"]+)"/gi)].map(([, name = '']) => name);
  const needed = new Set(['web.vmx', 'web.vmsd', 'vmware.log', ...nvram, ...descriptors, ...extents]);
  const strays = present.filter((name) => !needed.has(name) && !loose.includes(name));
  const missing = [...needed].filter((name) => !present.includes(name));
  must(strays.length === 0, () => `${when}: stray ${strays.join(', ')}`);
  must(missing.length === 0, () => `${when}: missing ${missing.join(', ')}`);
}

/** Data of a disk that is encrypted, in a VM that is, lies nowhere in clear; of a plain disk in its own extent only. */
async function checkClear(files: MemoryFileSystem, keys: readonly (CryptoKeyId | null)[]): Promise<void> {
  if (keys[0] === null) return;
  must(!keys.includes(null), () => `an encrypted VM with a plain disk: ${keysText(keys)}`);
  const clear = await filesInClear(files);
  must(clear.length === 0, () => `in clear in ${clear.join(', ')} of an encrypted VM`);
}

/** Files of the VM that have a guest's data in clear. */
export async function filesInClear(files: MemoryFileSystem): Promise<readonly string[]> {
  const found: string[] = [];
  if (!(await exists(files, VM_FOLDER))) return found;
  for await (const { path, bytes } of entriesOf(files, VM_FOLDER))
    if (bytes !== null && isInClear(bytes)) found.push(path.slice(VM_FOLDER.length + 1));
  return found;
}

/**
 * What was answered is done, with nothing left to a next start: the lock is gone, so that another host may take the VM, and so is
 * every other file and pair that only the change needed.
 */
export async function checkDone(files: MemoryFileSystem): Promise<void> {
  await checkFolder(files, 'after the answer');
  await mustOpen('the sealed binding after the answer', () => checkBinding(files));
}
