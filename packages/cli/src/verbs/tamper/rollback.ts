import { FileError, type FileHandle } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { CliError, describeFileError, EXIT } from '../../exit.js';
import { differingLines } from '../../tamper/differing-lines.js';
import type { Change } from '../../tamper/hex-rows.js';
import { rollbackOutcome } from '../../tamper/outcome.js';
import { printReport } from '../../tamper/report.js';
import { openTarget, type Target } from '../../tamper/target.js';

const WINDOW_BYTES = 1024 * 1024;
const BLOCK_BYTES = 16;
/** Places of the file that are shown. */
const SHOWN = 2;

interface RollbackOptions {
  readonly from: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

/** `vcryptsim tamper rollback`: a whole file is again an older copy of it. */
export function rollbackCommand(): Command {
  return new Command('rollback')
    .description('Put an older copy in the place of a descriptor, a VMX or another file of a VM.')
    .argument('<file>', 'a file of a VM: a descriptor, a VMX, an NVRAM, an extent (-flat.vmdk)')
    .requiredOption('--from <file>', 'an older copy of the same file')
    .option('--write', 'do it, and keep what was there in FILE.before-rollback; without, it is only shown')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  vcryptsim tamper rollback out/datastores/ds1/web/web.vmdk --from monday.vmdk')
    .action(rollback);
}

async function rollback(file: string, { from, write = false, json = false }: RollbackOptions): Promise<void> {
  const older = await openTarget(from, 'read');
  try {
    const target = await openTarget(file, write ? 'write' : 'read');
    try {
      const { blocks, changes } = await compare(target, older);
      const isText = target.kind === 'VMX' || target.kind === 'descriptor';
      const lines = isText ? await differingLines(target, older) : undefined;
      const kept = write ? await putBack(target, older) : null;
      printReport(
        {
          action: 'rollback',
          target,
          says: `The whole file becomes ${from}, ${older.sizeBytes} bytes. ${blocks === 0 ? 'They are equal, so nothing changes.' : `Of its blocks of 16 bytes ${blocks} differ.`}`,
          changes,
          ...(lines === undefined ? {} : { lines }),
          outcome: rollbackOutcome(target.kind),
          written: kept === null ? null : [`Wrote ${older.sizeBytes} bytes to ${file}. What was there is in ${kept}.`],
        },
        json,
      );
    } finally {
      await target.handle.close();
    }
  } finally {
    await older.handle.close();
  }
}

/** How many blocks of 16 bytes differ, and the first of them. */
async function compare(target: Target, older: Target): Promise<{ blocks: number; changes: Change[] }> {
  const changes: Change[] = [];
  let blocks = 0;
  const [now, then] = [new Uint8Array(WINDOW_BYTES), new Uint8Array(WINDOW_BYTES)];
  const sizeBytes = Math.max(target.sizeBytes, older.sizeBytes);
  for (let start = 0; start < sizeBytes; start += WINDOW_BYTES) {
    const is = now.subarray(0, await target.handle.pread(now, start));
    const was = then.subarray(0, await older.handle.pread(then, start));
    if (Buffer.compare(is, was) === 0) continue;
    for (let at = 0; at < Math.max(is.length, was.length); at += BLOCK_BYTES) {
      const [before, after] = [is.subarray(at, at + BLOCK_BYTES), was.subarray(at, at + BLOCK_BYTES)];
      if (Buffer.compare(before, after) === 0) continue;
      blocks += 1;
      if (changes.length < SHOWN) {
        changes.push({ offsetBytes: start + at, before: before.slice(), after: after.slice() });
      }
    }
  }
  return { blocks, changes };
}

/** Writes the older file in place, after what is there was kept under a name that was free. */
async function putBack(target: Target, older: Target): Promise<string> {
  const kept = `${target.path}.before-rollback`;
  const copy = await createKept(kept);
  try {
    await copyAll(target.handle, copy);
    await copy.fsync();
  } finally {
    await copy.close();
  }
  await copyAll(older.handle, target.handle);
  await target.handle.truncate(older.sizeBytes);
  await target.handle.fsync();
  return `${target.file}.before-rollback`;
}

async function createKept(path: string): Promise<FileHandle> {
  try {
    return await new OsFileSystem().open(path, { access: 'write', create: 'exclusive' });
  } catch (error) {
    if (!(error instanceof FileError) || error.code !== 'EXISTS') throw error;
    const { message } = describeFileError(error);
    throw new CliError(EXIT.environment, message, 'It keeps what an earlier rollback replaced: move it away first.');
  }
}

async function copyAll(from: FileHandle, to: FileHandle): Promise<void> {
  const buffer = new Uint8Array(WINDOW_BYTES);
  for (let at = 0; ; ) {
    const count = await from.pread(buffer, at);
    if (count === 0) return;
    await to.pwrite(buffer.subarray(0, count), at);
    at += count;
  }
}
