import { resolve } from 'node:path';
import { ControlLink, type LabStatus, type LabWords, labFolderAt, type OrderAnswer } from '@vcryptsim/lab';
import { exists, readWhole, replaceFile } from '@vcryptsim/ports';
import { OsFileSystem, UnixSocket } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { CliError, EXIT } from '../exit.js';
import { asLabTrouble } from '../lab/lab-trouble.js';
import { openPrompt, type PromptLab } from '../lab/prompt.js';
import { print } from '../output.js';
import { terminalWidth } from '../terminal/terminal-width.js';
import { doCommand } from './lab/do.js';
import { downCommand } from './lab/down.js';
import { logCommand } from './lab/log.js';
import { statusCommand } from './lab/status.js';
import { upCommand } from './lab/up.js';

const HISTORY_BYTES_MAX = 1024 * 1024;

interface PromptWords {
  readonly dir?: string;
  readonly as?: string;
}

/** `vcryptsim lab`: a lab that stays up and takes orders; without a verb, a prompt for them. */
export function labCommand(): Command {
  return (
    new Command('lab')
      .description('A lab that stays up: key server, vCenter, hosts and VMs to give orders to.')
      // The folder stands behind the verb as well; there it is the verb's own.
      .enablePositionalOptions()
      .option('--dir <dir>', 'without a verb: open a prompt for orders to the lab in this folder')
      .option('--as <user>', 'without a verb: who asks (default: administrator@vsphere.local)')
      .addCommand(upCommand())
      .addCommand(doCommand())
      .addCommand(statusCommand())
      .addCommand(logCommand())
      .addCommand(downCommand())
      .action((words: PromptWords, command: Command) =>
        prompt(words, command).catch((error: unknown) => {
          throw asLabTrouble(error);
        }),
      )
  );
}

async function prompt({ dir, as }: PromptWords, command: Command): Promise<void> {
  if (dir === undefined) return command.help({ error: true });
  if (process.stdin.isTTY !== true || process.stdout.isTTY !== true) {
    throw new CliError(EXIT.badInput, 'A prompt needs a terminal.', 'Give one order: vcryptsim lab do ORDER --dir DIR');
  }
  const folder = resolve(dir);
  const files = new OsFileSystem();
  const { history: path } = labFolderAt(folder);
  const { input, output } = { input: process.stdin, output: process.stdout };
  const show = (lines: readonly string[]) => print(`${lines.join('\n')}\n`);
  const width = () => terminalWidth();
  const history = await openPrompt({
    input,
    output,
    show,
    width,
    lab: labAt(folder, as),
    history: await read(files, path),
  });
  await replaceFile(files, path, new TextEncoder().encode(`${history.join('\n')}\n`));
}

function labAt(folder: string, as: string | undefined): PromptLab {
  const link = new ControlLink(new UnixSocket(), folder);
  return {
    words: () => link.ask<LabWords>({ ask: 'words' }),
    order: (order, listener) => link.ask<OrderAnswer>({ ask: 'do', order, ...(as !== undefined && { as }) }, listener),
    status: () => link.ask<LabStatus>({ ask: 'status' }),
  };
}

async function read(files: OsFileSystem, path: string): Promise<string[]> {
  if (!(await exists(files, path))) return [];
  const text = new TextDecoder().decode(await readWhole(files, path, HISTORY_BYTES_MAX));
  return text.split('\n').filter((line) => line !== '');
}
