import type { LabWords } from '@vcryptsim/lab';

/** Words of the prompt beside the verbs of the language. */
export const PROMPT_WORDS: ReadonlyMap<string, string> = new Map([
  ['status', 'hosts, VMs, alarms, and where each key is'],
  ['help', 'the verbs; help VERB shows one'],
  ['exit', 'leave the prompt; the lab stays up'],
]);

/**
 * What the word at the end of a line may become: a verb at first, then names of the lab, and after two dashes the fields
 * of the verb.
 *
 * @returns all that fit, and the part of the line that they take the place of, as readline wants it
 */
export function completions(line: string, { verbs, names }: LabWords): [string[], string] {
  const [, before = '', word = ''] = /^(.*?)(\S*)$/.exec(line) ?? [];
  const [first = ''] = before.trim().split(/\s+/);
  const fields = verbs.find(({ verb }) => verb === first)?.fields ?? [];
  const known =
    before.trim() === '' || before.trim() === 'help'
      ? [...verbs.map(({ verb }) => verb), ...(before.trim() === '' ? PROMPT_WORDS.keys() : [])]
      : word.startsWith('--')
        ? fields.map((field) => `--${field}`)
        : names;
  const fit = known.filter((each) => each.startsWith(word)).sort();
  return [fit.length === 1 ? [`${fit[0]} `] : fit, word];
}
