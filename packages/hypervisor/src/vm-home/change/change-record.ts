import type { VmFolder } from '../../datastore/vm-folder.js';
import { isFileName } from '../../formats/file-name.js';
import { TEXT_FILE_LIMIT_BYTES } from '../../formats/text-lines.js';
import { Vmx } from '../../formats/vmx.js';

/** Which files a change of a VM makes, and which it drops. */
export interface ChangeRecord {
  readonly made: readonly string[];
  readonly dropped: readonly string[];
}

/**
 * The record of a change that is under way: `NAME.vmx.change` in the VM's folder, a text dictionary (ours):
 *
 * ```
 * .encoding = "UTF-8"
 * change.made0 = "payroll_1-flat.vmdk"      a name that was free when the record was written
 * change.dropped0 = "payroll-flat.vmdk"     what only the VM as it was needs
 * ```
 *
 * Durable before the first of the new files is there, and removed after the last of the old ones is gone
 * (docs/on-disk-format.md section 4b). It decides nothing but which files may go: what the VM is, the VMX says. Whoever can
 * forge it can remove those files himself.
 */
export async function writeChangeRecord(folder: VmFolder, vmxFileName: string, record: ChangeRecord): Promise<void> {
  const text = Vmx.create();
  record.made.forEach((name, index) => {
    text.set(`change.made${index}`, name);
  });
  record.dropped.forEach((name, index) => {
    text.set(`change.dropped${index}`, name);
  });
  await folder.replace(changeRecordOf(vmxFileName), text.toBytes());
}

/**
 * Reads the record of a VM.
 *
 * @returns null where there is none. Names that lead elsewhere are passed over: nothing outside the folder is ever removed
 */
export async function readChangeRecord(folder: VmFolder, vmxFileName: string): Promise<ChangeRecord | null> {
  const fileName = changeRecordOf(vmxFileName);
  if (!(await folder.has(fileName))) return null;
  const bytes = await folder.readBytes(fileName, TEXT_FILE_LIMIT_BYTES);
  const entries = Vmx.read(bytes, folder.shown(fileName)).entries();
  const named = (kind: RegExp): string[] =>
    entries.filter(([key, value]) => kind.test(key) && isFileName(value)).map(([, value]) => value);
  return { made: named(/^change\.made[0-9]{1,4}$/), dropped: named(/^change\.dropped[0-9]{1,4}$/) };
}

/** Name of the record of a VM. */
export function changeRecordOf(vmxFileName: string): string {
  return `${vmxFileName}.change`;
}
