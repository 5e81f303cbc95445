import { resolve } from 'node:path';
import { ControlLink, type LabStatus } from '@vcryptsim/lab';
import { UnixSocket } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { asLabTrouble } from '../../lab/lab-trouble.js';
import { statusLines } from '../../lab/status-text.js';
import { print, printJson } from '../../output.js';
import { terminalWidth } from '../../terminal/terminal-width.js';

/** `vcryptsim lab status`: what a lab that is up has now, and where each key is. */
export function statusCommand(): Command {
  return new Command('status')
    .description('Show hosts, VMs and alarms of a lab that is up, and where each key is: all looked up now.')
    .requiredOption('--dir <dir>', 'the folder of the lab')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  vcryptsim lab status --dir my-lab')
    .action((options: { readonly dir: string; readonly json?: true }) =>
      show(options).catch((error: unknown) => {
        throw asLabTrouble(error);
      }),
    );
}

async function show({ dir, json }: { readonly dir: string; readonly json?: true }): Promise<void> {
  const status = await new ControlLink(new UnixSocket(), resolve(dir)).ask<LabStatus>({ ask: 'status' });
  if (json === true) printJson(status);
  else print(`${statusLines(status, terminalWidth()).join('\n')}\n`);
}
