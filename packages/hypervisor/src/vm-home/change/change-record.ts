import type { VmFolder } from '../../datastore/vm-folder.js';
import { isFileName, stemOf } from '../../formats/file-name.js';
import { TEXT_FILE_LIMIT_BYTES } from '../../formats/text-lines.js';
import { Vmx } from '../../formats/vmx.js';

/** Two descriptors of a VM: what the child had is being copied into its parent, and the child goes then. */
export interface LinkMerge {
  readonly child: string;
  readonly parent: string;
}

/** Which files a change of a VM makes, and which it drops. */
export interface ChangeRecord {
  readonly made: readonly string[];
  readonly dropped: readonly string[];
  /** Whether a new list of snapshots lies beside the old one and takes its place after the switch; default: none does. */
  readonly hasNewList?: boolean;
  /** Links that are put together, where that is what the change does. */
  readonly merge?: LinkMerge;
}

/**
 * The record of a change that is under way: `NAME.vmx.change` in the VM's folder, a text dictionary (ours):
 *
 * ```
 * .encoding = "UTF-8"
 * change.made0 = "payroll_1-flat.vmdk"      a name that was free when the record was written
 * change.dropped0 = "payroll-flat.vmdk"     what only the VM as it was needs
 * change.list = "NAME.vmsd.next"            the list of snapshots as it will be, where the change has one
 * change.child = "payroll-000001.vmdk"      links that are put together: what goes ...
 * change.parent = "payroll.vmdk"            ... and what takes its place
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
  if (record.hasNewList === true) text.set('change.list', nextListOf(vmxFileName));
  if (record.merge !== undefined) {
    text.set('change.child', record.merge.child);
    text.set('change.parent', record.merge.parent);
  }
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
  const text = Vmx.read(bytes, folder.shown(fileName));
  const named = (kind: RegExp): string[] =>
    text
      .entries()
      .filter(([key, value]) => kind.test(key) && isFileName(value))
      .map(([, value]) => value);
  const [child] = named(/^change\.child$/);
  const [parent] = named(/^change\.parent$/);
  return {
    made: named(/^change\.made[0-9]{1,4}$/),
    dropped: named(/^change\.dropped[0-9]{1,4}$/),
    hasNewList: text.get('change.list') === nextListOf(vmxFileName),
    ...(child === undefined || parent === undefined ? {} : { merge: { child, parent } }),
  };
}

/** Name of the record of a VM. */
export function changeRecordOf(vmxFileName: string): string {
  return `${vmxFileName}.change`;
}

/** Where a new list of snapshots waits for the switch. */
export function nextListOf(vmxFileName: string): string {
  return `${stemOf(vmxFileName)}.vmsd.next`;
}
