import { STEPS } from '@vcryptsim/scenario-engine';
import { argumentSchema } from '@vcryptsim/scenario-engine/reference';
import { Command } from 'commander';
import { print, printJson } from '../../output.js';
import { wordEntry } from './word-entry.js';

/** `vcryptsim scenario verbs`: lists what can be done in a step, and as an order to a lab. */
export function verbsCommand(): Command {
  return new Command('verbs')
    .description('List the verbs: what a step of a scenario does, and what `lab do` can order.')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  vcryptsim scenario verbs')
    .action(verbs);
}

function verbs({ json }: { readonly json?: boolean }): void {
  if (json === true) {
    const all = STEPS.map((kind) => {
      const { verb, about, example, mainField, fields } = kind;
      return { verb, about, example, mainField, fields, argument: argumentSchema(kind) };
    });
    return void printJson({ verbs: all });
  }
  print(`${STEPS.flatMap(({ verb, about, example }) => wordEntry(verb, about, example)).join('\n')}\n`);
}
