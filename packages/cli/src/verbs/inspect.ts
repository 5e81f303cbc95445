import { resolve } from 'node:path';
import { HypervisorError } from '@vcryptsim/hypervisor/api';
import { endsOf, TEXT_FILE_LIMIT_BYTES } from '@vcryptsim/hypervisor/formats';
import { FileError } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { CliError, EXIT } from '../exit.js';
import { describeFile } from '../inspect/describe-file.js';
import { type FileReport, renderReport } from '../inspect/file-report.js';
import { print, printJson } from '../output.js';
import { terminalWidth } from '../terminal/terminal-width.js';

/** `vcryptsim inspect`: says what one file of a VM shows in clear, what is sealed, and by which key ID. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Show what a file of a VM holds in clear, what is sealed, and by which key ID.')
    .argument('<file>', 'a .vmx, .vmdk, .nvram or another file of a VM; nothing is opened, no key is needed')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  vcryptsim inspect demo-files/datastores/shared/web-01/web-01.vmdk')
    .action(inspect);
}

async function inspect(file: string, options: { readonly json?: boolean }): Promise<void> {
  const report = await describe(file);
  if (options.json === true) printJson(report);
  else print(renderReport(report, terminalWidth()));
}

async function describe(file: string): Promise<FileReport> {
  const path = resolve(file);
  // One opening for all: what the user names may be a pipe, which is read once.
  const handle = await new OsFileSystem({ named: 'all' }).open(path, { access: 'read' });
  try {
    const ends = await endsOf(handle);
    const whole = async (): Promise<Uint8Array> => {
      if (ends.sizeBytes > TEXT_FILE_LIMIT_BYTES) throw new FileError('TOO_LARGE', 'read', path);
      const bytes = new Uint8Array(ends.sizeBytes);
      return bytes.subarray(0, await handle.pread(bytes, 0));
    };
    return await describeFile(ends, whole, file);
  } catch (error) {
    // The message names file, line and next step already.
    if (error instanceof HypervisorError) throw new CliError(EXIT.environment, error.message);
    throw error;
  } finally {
    await handle.close();
  }
}
