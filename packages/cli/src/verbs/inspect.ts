import { resolve } from 'node:path';
import { HypervisorError } from '@vcryptsim/hypervisor/api';
import { FileError } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { CliError, EXIT } from '../exit.js';
import { describeFolder, renderFolder } from '../inspect/describe-folder.js';
import { type FileReport, renderReport } from '../inspect/file-report.js';
import { reportOn } from '../inspect/open-report.js';
import { print, printJson } from '../output.js';
import { terminalWidth } from '../terminal/terminal-width.js';

/** `vcryptsim inspect`: says what a file of a VM, or each file of its folder, shows in clear, what is sealed, by which key ID. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Show what a file of a VM, or a whole folder, holds in clear, what is sealed, and by which key ID.')
    .argument(
      '<file>',
      'a .vmx, .vmdk, .nvram or another file of a VM, or its folder; nothing is opened, no key is needed',
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  vcryptsim inspect demo-files/datastores/shared/web-01/web-01.vmdk',
        '  vcryptsim inspect demo-files/datastores/shared/web-01',
      ].join('\n'),
    )
    .action(inspect);
}

async function inspect(file: string, options: { readonly json?: boolean }): Promise<void> {
  const files = new OsFileSystem({ named: 'all' });
  const path = resolve(file);
  if (await isFolder(files, path)) {
    const report = await describeFolder(new OsFileSystem(), path, file);
    if (options.json === true) printJson(report);
    else print(renderFolder(report, terminalWidth()));
    return;
  }
  const report = await describe(files, path, file);
  if (options.json === true) printJson(report);
  else print(renderReport(report, terminalWidth()));
}

async function isFolder(files: OsFileSystem, path: string): Promise<boolean> {
  try {
    return (await files.lstat(path)).kind === 'folder';
  } catch (error) {
    // What is wrong with the path, the opening tells.
    if (error instanceof FileError) return false;
    throw error;
  }
}

async function describe(files: OsFileSystem, path: string, file: string): Promise<FileReport> {
  try {
    return (await reportOn(files, path, file)).report;
  } catch (error) {
    // The message names file, line and next step already.
    if (error instanceof HypervisorError) throw new CliError(EXIT.environment, error.message);
    throw error;
  }
}
