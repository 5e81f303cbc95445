import { formatDatastorePath } from '../datastore/datastore-path.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import { TEXT_FILE_LIMIT_BYTES } from '../formats/text-lines.js';
import { Vmx } from '../formats/vmx.js';
import { pathsOf } from '../vm-home/change/devices/plan-devices.js';
import { type ChainConfig, type DiskConfig, linksOf, readChain } from '../vm-home/disk-config.js';
import { readSnapshotList } from '../vm-home/snapshots/snapshot-list.js';
import { readVmConfig, type VmConfig } from '../vm-home/vm-config.js';
import type { HostContext } from './host-context.js';
import type { RegisteredVm } from './registered-vm.js';

/**
 * Which VM has a disk, or one link of it, for itself or for a snapshot: one that this host has registered, or one whose VMX
 * lies in a folder of the disk's links, registered or not. On a real host nothing asks: two VMs may name one disk, and the
 * second does not power on [ours O45].
 *
 * @param getting the VM that is to get the disk. Of its own snapshots only one that froze the very top is in the way; those
 *   below are read by both.
 * @param released device keys of disks that it gives away in the same change
 * @returns a VMX as people know it, null where none was found
 */
export async function userOf(
  host: HostContext,
  chain: ChainConfig,
  getting: RegisteredVm,
  released: readonly number[],
): Promise<string | null> {
  const paths = new Set(pathsOf(chain));
  const has = (one: ChainConfig): boolean => pathsOf(one).some((path) => paths.has(path));
  const stays = (disk: DiskConfig): boolean => !released.includes(disk.deviceKey);
  for (const vm of host.inventory.all()) {
    if (vm.config === null) continue;
    const disks = vm === getting ? vm.config.disks.filter(stays) : vm.config.disks;
    if (disks.some(has)) return vm.shown;
    const frozen = await frozenDisks(vm.config);
    const [top] = pathsOf(chain);
    if (vm === getting ? frozen.some((one) => pathsOf(one)[0] === top) : frozen.some(has)) return vm.shown;
  }
  const registered = new Set(host.inventory.all().map((vm) => vm.shown));
  for (const folder of foldersOf(chain)) {
    for (const fileName of (await folder.names()).filter((name) => /\.vm(x|tx)$/i.test(name))) {
      const { datastore, name } = folder;
      if (registered.has(formatDatastorePath({ datastore, folder: name, fileName }))) continue;
      if (await names(folder, fileName, chain, has)) return folder.shown(fileName);
    }
  }
  return null;
}

/** Whether a VM other than this one has one of these links in a chain of its own: a linked clone rests on it. */
export function isUsedElsewhere(host: HostContext, owner: RegisteredVm, chain: ChainConfig): boolean {
  const paths = new Set(pathsOf(chain));
  return host.inventory
    .all()
    .filter((vm) => vm !== owner)
    .some((vm) => vm.config?.disks.some((disk) => pathsOf(disk).some((path) => paths.has(path))));
}

function foldersOf(chain: ChainConfig): readonly VmFolder[] {
  return [...new Map(linksOf(chain).map(({ folder }) => [folder.path, folder])).values()];
}

/** The chains that the snapshots of a VM froze. */
async function frozenDisks({ folder, vmxFileName }: Pick<VmConfig, 'folder' | 'vmxFileName'>): Promise<ChainConfig[]> {
  const { snapshots } = await readSnapshotList(folder, vmxFileName);
  const fileNames = new Set(snapshots.flatMap(({ disks }) => disks.map((disk) => disk.fileName)));
  return Promise.all([...fileNames].map((fileName) => readChain(folder, fileName)));
}

/** Whether a VMX names a link of the chain; of one that is not whole, by the names that can be read in it. */
async function names(
  folder: VmFolder,
  vmxFileName: string,
  chain: ChainConfig,
  has: (one: ChainConfig) => boolean,
): Promise<boolean> {
  try {
    const { disks } = await readVmConfig(folder, vmxFileName);
    return [...disks, ...(await frozenDisks({ folder, vmxFileName }))].some(has);
  } catch {
    const bytes = await folder.readBytes(vmxFileName, TEXT_FILE_LIMIT_BYTES);
    const entries = Vmx.read(bytes, folder.shown(vmxFileName), () => {}).entries();
    const named = entries.filter(([key]) => /\.filename$/i.test(key)).map(([, value]) => value);
    return linksOf(chain).some(({ fileName }) => named.includes(fileName));
  }
}
