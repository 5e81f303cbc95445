import type { VmFolder } from '../../datastore/vm-folder.js';
import type { Sealer } from '../seal-dek.js';
import { readVmConfig } from '../vm-config.js';
import { type ChangeRecord, writeChangeRecord } from './change-record.js';
import { settleChange } from './settle-change.js';

/** A change of files as one. */
export interface Commit {
  readonly folder: VmFolder;
  readonly vmxFileName: string;
  readonly record: ChangeRecord;
  /**
   * The file whose replacement is the switch; default: the VMX. The list of snapshots, where a change is of that alone.
   */
  readonly switchFileName?: string;
  /** Writes what the new VMX (or the new list) names, each file durable, and answers the bytes of that file. */
  readonly writeBeside: () => Promise<Uint8Array>;
}

/**
 * The VMX (or the list of snapshots) was to be replaced, and the medium failed in that very moment: nobody knows which of the two a cut would leave, so
 * nothing that either of them needs may go before the next boot. `cause` is what the medium said.
 */
export class SwitchUnknown extends Error {
  override readonly name = 'SwitchUnknown';
}

/**
 * Changes several files of a VM as one, by the protocol of docs/on-disk-format.md section 4b: new ones beside the old, the
 * VMX by rename, then the old ones dropped. A failure before the VMX is replaced is undone at once; what cannot be removed
 * then, the next start removes. After it the change is made, and an error speaks of what is left to drop.
 *
 * @throws what `writeBeside` throws; HypervisorError as the folder does; SwitchUnknown
 */
export async function commitChange(
  { folder, vmxFileName, record, switchFileName = vmxFileName, writeBeside }: Commit,
  sealer: Sealer,
): Promise<void> {
  const settle = async (isDurable: boolean): Promise<void> => {
    await settleChange(await readVmConfig(folder, vmxFileName), sealer, isDurable);
  };
  let isSwitching = false;
  try {
    if (record.made.length + record.dropped.length > 0) await writeChangeRecord(folder, vmxFileName, record);
    const content = await writeBeside();
    await folder.fsync();
    isSwitching = true;
    await folder.replace(switchFileName, content);
  } catch (error) {
    if (isSwitching) throw new SwitchUnknown('', { cause: error });
    await settle(false).catch(() => {});
    throw error;
  }
  await settle(true);
}
