import { resolve } from 'node:path';
import { ControlLink, type OrderAnswer, type OrderOutcome } from '@vcryptsim/lab';
import { UnixSocket } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { EXIT } from '../../exit.js';
import { asLabTrouble } from '../../lab/lab-trouble.js';
import { print, printError, printJson } from '../../output.js';

interface DoOptions {
  readonly dir: string;
  readonly as?: string;
  readonly json?: true;
}

const EXIT_CODES: Readonly<Record<OrderOutcome, number>> = {
  done: EXIT.passed,
  refused: EXIT.failed,
  'not understood': EXIT.badInput,
  'not possible': EXIT.environment,
};

/** `vcryptsim lab do`: gives one order to a lab that is up, and waits until it is done. */
export function doCommand(): Command {
  return new Command('do')
    .description('Give an order to a lab that is up: a verb, what it is about, and --FIELD VALUE for the rest.')
    .argument('<order...>', "the order, in quotes: 'vm.write payroll --lba 2048 --text hello'; or a YAML map")
    .requiredOption('--dir <dir>', 'the folder of the lab')
    .option('--as <user>', 'who asks (default: administrator@vsphere.local)')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      [
        '',
        'Every verb of scenarios can be ordered; list them: vcryptsim scenario verbs',
        'It ends with 0 when the order was done, 1 when the product refused it, 2 when it was not understood.',
        '',
        'Example:',
        "  vcryptsim lab do 'vm.create payroll' --dir my-lab",
        "  vcryptsim lab do 'vm.write payroll --lba 2048 --text TOP-SECRET' --dir my-lab",
        "  vcryptsim lab do 'vm.create: payroll' --dir my-lab --json",
      ].join('\n'),
    )
    .action((words: readonly string[], options: DoOptions) =>
      order(words.join(' '), options).catch((error: unknown) => {
        throw asLabTrouble(error);
      }),
    );
}

async function order(text: string, { dir, as, json }: DoOptions): Promise<void> {
  const link = new ControlLink(new UnixSocket(), resolve(dir));
  const answer = await link.ask<OrderAnswer>(
    { ask: 'do', order: text, ...(as !== undefined && { as }) },
    {
      queued: (before) =>
        printError(`Waiting: ${before === 1 ? 'another order is' : `${before} orders are`} before this one.\n`),
    },
  );
  const { outcome, fault, messageKey, privilege, object } = answer;
  process.exitCode = EXIT_CODES[outcome];
  if (json === true) printJson({ ok: outcome === 'done', fault, messageKey, privilege, object, text: answer.text });
  else if (outcome === 'done') print(`${answer.text || 'Done.'}\n`);
  else printError(`vcryptsim: ${fault === null ? '' : `${fault}: `}${answer.text}\n`);
}
