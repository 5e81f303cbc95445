import type { Clock } from '@vcryptsim/ports';
import type { VmFolder } from '../datastore/vm-folder.js';

const FILE_NAME = 'vmware.log';

/** Begins a VM's log. Logs are never encrypted, so nothing secret is ever written here (row S05). */
export async function beginLog(folder: VmFolder, clock: Clock, text: string): Promise<void> {
  await folder.writeNew(FILE_NAME, lineOf(clock, text));
}

/** Adds a line to a VM's log. */
export async function appendLog(folder: VmFolder, clock: Clock, text: string): Promise<void> {
  if (!(await folder.has(FILE_NAME))) return beginLog(folder, clock, text);
  const handle = await folder.openFile(FILE_NAME, 'write');
  try {
    await handle.pwrite(lineOf(clock, text), await handle.sizeBytes());
  } finally {
    await handle.close();
  }
}

function lineOf(clock: Clock, text: string): Uint8Array {
  return new TextEncoder().encode(`${new Date(clock.nowMs).toISOString()}| vmx| ${text}\n`);
}
