import { INVARIANTS } from '@vcryptsim/lab';
import { BESIDE_WORDS, EXPECTATIONS, FILE_WORDS, STRUCTURE_WORDS } from '@vcryptsim/scenario-engine';
import { Command } from 'commander';
import { print, printJson } from '../../output.js';
import { wordEntry } from './word-entry.js';

/** `vcryptsim scenario words`: lists the words of scenarios that are no verbs. */
export function wordsCommand(): Command {
  return new Command('words')
    .description('List the other words of scenarios: expectations, what goes beside a verb, words of the file.')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  vcryptsim scenario words')
    .action(words);
}

function words({ json }: { readonly json?: boolean }): void {
  const expectations = EXPECTATIONS.map(({ word, about, example }) => ({ word, about, example }));
  if (json === true) {
    const invariants = INVARIANTS.map(({ name, says }) => ({ name, says }));
    const others = { beside: BESIDE_WORDS, structure: STRUCTURE_WORDS, file: FILE_WORDS };
    return void printJson({ expectations, ...others, invariants });
  }
  const group = (title: string, all: readonly { word: string; about: string; example: string }[]) => [
    title,
    '',
    ...all.flatMap(({ word, about, example }) => wordEntry(word, about, example)),
    '',
  ];
  const lines = [
    ...group('Under expect: and in until:', expectations),
    ...group('Beside a verb', BESIDE_WORDS),
    ...group('In place of a verb, with steps inside', STRUCTURE_WORDS),
    ...group('At the top of a file', FILE_WORDS),
    'Checked after every step, whatever the scenario says',
    '',
    ...INVARIANTS.flatMap(({ name, says }) => wordEntry(name, says)),
  ];
  print(`${lines.join('\n')}\n`);
}
