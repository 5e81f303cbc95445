import { resolve } from 'node:path';
import { ControlLink } from '@vcryptsim/lab';
import { UnixSocket } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { asLabTrouble } from '../../lab/lab-trouble.js';
import { logLine } from '../../lab/log-text.js';
import { print, printJsonText } from '../../output.js';

interface LogOptions {
  readonly dir: string;
  readonly follow?: true;
  readonly json?: true;
}

/** `vcryptsim lab log`: what happened in a lab since it was started. */
export function logCommand(): Command {
  return new Command('log')
    .description("Show what happened since the lab was started: events, tasks, and vCenter's KMIP conversation.")
    .requiredOption('--dir <dir>', 'the folder of the lab')
    .option('--follow', 'go on with what happens, until the lab is ended')
    .option('--json', 'print a JSON document on each line')
    .addHelpText(
      'after',
      [
        '',
        'What happened before the last start is in DIR/events.jsonl and DIR/wire.jsonl.',
        '',
        'Example:',
        '  vcryptsim lab log --follow --dir my-lab',
      ].join('\n'),
    )
    .action((options: LogOptions) =>
      show(options).catch((error: unknown) => {
        throw asLabTrouble(error);
      }),
    );
}

async function show({ dir, follow, json }: LogOptions): Promise<void> {
  const link = new ControlLink(new UnixSocket(), resolve(dir));
  await link.ask(
    { ask: 'log', follow: follow === true },
    {
      entry: (entry) => {
        if (json === true) printJsonText(`${JSON.stringify({ version: 1, ...entry })}\n`);
        else print(`${logLine(entry)}\n`);
      },
    },
  );
}
