import { alreadyExists } from '../api/faults.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import { releaseVmLock, takeVmLock } from '../datastore/vm-lock.js';
import { stemOf } from '../formats/file-name.js';
import { TEXT_FILE_LIMIT_BYTES } from '../formats/text-lines.js';
import { appendLog } from '../vm-home/vm-log.js';
import type { HostContext } from './host-context.js';
import { loadConfig, refreshVm, requireUnlocked } from './refresh-vm.js';
import type { RegisteredVm } from './registered-vm.js';
import { checkSettled, settleVm } from './settle-vm.js';

/**
 * Gives the VMX of a VM that is off another ending: `.vmtx` is a template, `.vmx` a virtual machine. The file gets a second
 * name first, then the inventory goes by that, then the first name goes: a cut leaves the one or the other, and perhaps a
 * second name that the next renaming takes away.
 *
 * @param line for the VM's log
 * @throws HypervisorError INVALID_POWER_STATE, VM_LOCKED, ALREADY_EXISTS (another file has the name), FILE_LOCKED, every
 *   diagnosis of its files
 */
export async function renameHome(
  host: HostContext,
  vm: RegisteredVm,
  ending: 'vmx' | 'vmtx',
  line: string,
): Promise<void> {
  vm.checkPoweredOff();
  host.inventory.checkKnown();
  await requireUnlocked(host, vm);
  checkSettled(vm);
  const { folder } = await loadConfig(host, vm);
  const oldName = vm.path.fileName;
  const newName = `${stemOf(oldName)}.${ending}`;
  await takeVmLock(folder, oldName, host);
  try {
    await settleVm(host, vm, await loadConfig(host, vm));
    await refuseStranger(folder, oldName, newName);
    if (await folder.has(newName)) await folder.remove(newName);
    await folder.link(oldName, newName);
    await folder.fsync();
    await host.inventory.move(vm.uuid, { ...vm.path, fileName: newName });
    await folder.remove(oldName);
    await folder.fsync();
    await appendLog(folder, host.clock, line);
  } finally {
    await releaseVmLock(folder, oldName, host).catch(() => {});
    await refreshVm(host, vm);
  }
}

/** A file of the new name is what an earlier renaming left, or somebody's. */
async function refuseStranger(folder: VmFolder, oldName: string, newName: string): Promise<void> {
  if (!(await folder.has(newName))) return;
  const [old, other] = [
    await folder.readBytes(oldName, TEXT_FILE_LIMIT_BYTES),
    await folder.readBytes(newName, TEXT_FILE_LIMIT_BYTES),
  ];
  if (Buffer.compare(old, other) !== 0) throw alreadyExists(folder.shown(newName), 'Move it away first.');
}
