import { basename, extname, resolve } from 'node:path';
import { HypervisorError } from '@vcryptsim/hypervisor/api';
import { decodeText } from '@vcryptsim/hypervisor/formats';
import { FileError, readWhole } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { CliError, EXIT } from '../exit.js';
import { describeDescriptor } from '../inspect/describe-descriptor.js';
import { describeNvram } from '../inspect/describe-nvram.js';
import { describeVmx } from '../inspect/describe-vmx.js';
import { type FileReport, renderReport } from '../inspect/file-report.js';
import { print, printJson } from '../output.js';

/** Configurations and descriptors are texts of some kilobytes; what is larger is a disk. */
const FILE_MAX_BYTES = 1024 * 1024;
const DESCRIPTOR_MARK = '# Disk DescriptorFile';
const ENVELOPE_MARK = 'DataTransformEnvelope';

/** `vcryptsim inspect`: says what one file of a VM shows in clear, what is sealed, and by which key ID. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Tell what a .vmx, .vmdk or .nvram shows in clear, what is sealed, and by which key ID.')
    .argument('<file>', 'a file of a VM; nothing is opened, no key is needed')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  vcryptsim inspect demo-files/datastores/shared/web-01/web-01.vmdk')
    .action(inspect);
}

async function inspect(file: string, options: { readonly json?: boolean }): Promise<void> {
  const report = describe(await read(file), file);
  if (options.json === true) printJson(report, 2);
  else print(renderReport(report));
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readWhole(new OsFileSystem({ named: 'all' }), resolve(file), FILE_MAX_BYTES);
  } catch (error) {
    if (!(error instanceof FileError && error.code === 'TOO_LARGE')) throw error;
    const nextStep = /-flat\.vmdk$/.test(file)
      ? `Inspect the descriptor beside it: ${file.replace(/-flat\.vmdk$/, '.vmdk')}`
      : 'Name a .vmx, a .vmdk descriptor or an .nvram file.';
    throw new CliError(EXIT.environment, `${file} is too large for a file with a structure; it is data.`, nextStep);
  }
}

function describe(bytes: Uint8Array, file: string): FileReport {
  try {
    if (bytes.length === 0)
      throw new CliError(EXIT.environment, `${file} is empty.`, 'Check the path, or restore the file.');
    if (extname(file) === '.nvram') return describeNvram(bytes, file);
    const start = new TextDecoder('latin1').decode(bytes.subarray(0, 64));
    if (start.startsWith(DESCRIPTOR_MARK)) return describeDescriptor(decodeText(bytes, file), file);
    if (extname(file) === '.vmx') return describeVmx(decodeText(bytes, file), file);
    throw unknownFormat(file, start);
  } catch (error) {
    // The message names file, line and next step already.
    if (error instanceof HypervisorError) throw new CliError(EXIT.environment, error.message);
    throw error;
  }
}

function unknownFormat(file: string, start: string): CliError {
  if (start.startsWith(ENVELOPE_MARK)) {
    const nextStep = 'Core dumps are not part of this version; docs/fidelity.md tells what is.';
    return new CliError(EXIT.environment, `${file} is a sealed envelope (.ve), which is not read yet.`, nextStep);
  }
  const name = basename(file);
  const nextStep = name.endsWith('-flat.vmdk')
    ? `It is the data of a disk; inspect its descriptor: ${file.replace(/-flat\.vmdk$/, '.vmdk')}`
    : 'Name a .vmx, a .vmdk descriptor or an .nvram file.';
  return new CliError(EXIT.environment, `${file} is neither a VM configuration nor a disk descriptor.`, nextStep);
}
