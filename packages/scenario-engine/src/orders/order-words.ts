import { parse } from 'yaml';
import { nearestWord } from '../language/nearest-word.js';
import { STEPS } from '../steps/registry.js';
import type { StepKind } from '../steps/step-kind.js';

/*
 * What a person types to a lab:
 *
 *   VERB [MAIN...] [--FIELD VALUE...]...        vm.write payroll --lba 2048 --text 'TOP SECRET'
 *
 * Words are parted by spaces; '...' and "..." keep them together and make them texts. Other words are read as YAML has
 * them: 2048 is a number, [vcenter, hosts] without spaces a list. Several words after a field are a list. What begins
 * with a brace, or with a verb and a colon, is YAML as a whole, as in a scenario: `vm.create: payroll`.
 */

/** An order that is none; `message` is a sentence. */
export class OrderError extends Error {
  override readonly name = 'OrderError';
}

/** A step as a scenario has it: a map with a verb and what stands beside it. */
export type StepEntry = Readonly<Record<string, unknown>>;

/**
 * Reads an order. Where a verb takes a plain value and a map, both readings are given, the shorter first.
 *
 * @returns steps that it may mean, at least one; the first that can be bound is meant
 * @throws OrderError
 */
export function readOrder(text: string): readonly StepEntry[] {
  const trimmed = text.trim();
  if (trimmed === '') throw new OrderError('The order is empty. Say a verb, for example: vm.create payroll');
  if (trimmed.startsWith('{') || /^[\w.-]+:(\s|$)/.test(trimmed)) return [readMap(trimmed)];
  const [verb, ...words] = wordsOf(trimmed);
  const kind = kindOf(verb?.value ?? '');
  const { main, fields } = parted(words);
  if (fields.size === 0 && kind.mainField === null) {
    return [{ [kind.verb]: main.length === 0 ? null : textIn(main) }];
  }
  if (main.length > 0 && kind.mainField === null) {
    throw new OrderError(`${kind.verb} takes fields only, or one value only; for example: ${kind.example}`);
  }
  const named = Object.fromEntries([...fields].map(([name, values]) => [name, valueIn(values)]));
  const map = { ...(main.length > 0 && kind.mainField !== null && { [kind.mainField]: valueIn(main) }), ...named };
  return fields.size === 0 ? [{ [kind.verb]: valueIn(main) }, { [kind.verb]: map }] : [{ [kind.verb]: map }];
}

function readMap(text: string): StepEntry {
  try {
    const value: unknown = parse(text, { maxAliasCount: 0 });
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as StepEntry;
  } catch {
    // Told below.
  }
  throw new OrderError('This is not a map as YAML has it; for example: vm.create: payroll');
}

function kindOf(verb: string): StepKind {
  const kind = STEPS.find((each) => each.verb === verb);
  if (kind !== undefined) return kind;
  const nearest = nearestWord(
    verb,
    STEPS.map((each) => each.verb),
  );
  const hint = nearest === null ? ' List them: vcryptsim scenario verbs' : ` Did you mean '${nearest}'?`;
  throw new OrderError(`There is no verb '${verb.slice(0, SHOWN)}'.${hint}`);
}

/** Characters of a wrong word that are shown. */
const SHOWN = 60;

interface Word {
  readonly value: string;
  /** It stood in quotation marks, and is a text whatever it looks like. */
  readonly isQuoted: boolean;
}

const QUOTES = ['"', "'"];

/** Parts a line into words. A quotation mark inside a word is a character like others. @throws OrderError */
function wordsOf(line: string): Word[] {
  const words: Word[] = [];
  for (let at = 0; at < line.length; ) {
    const first = line.charAt(at);
    if (/\s/.test(first)) {
      at++;
    } else if (QUOTES.includes(first)) {
      const end = line.indexOf(first, at + 1);
      if (end < 0) throw new OrderError(`A ${first} has no end.`);
      words.push({ value: line.slice(at + 1, end), isQuoted: true });
      at = end + 1;
    } else {
      const [value = ''] = /^\S+/.exec(line.slice(at)) ?? [];
      words.push({ value, isQuoted: false });
      at += value.length;
    }
  }
  return words;
}

/** Parts what follows a verb: words before the first field, and the words of each field. @throws OrderError */
function parted(words: readonly Word[]): { main: Word[]; fields: Map<string, Word[]> } {
  const main: Word[] = [];
  const fields = new Map<string, Word[]>();
  let open = main;
  for (const word of words) {
    if (word.isQuoted || !word.value.startsWith('--')) {
      open.push(word);
      continue;
    }
    const name = word.value.slice(2);
    if (name === '') throw new OrderError('-- needs the name of a field behind it, as --lba.');
    if (fields.has(name)) throw new OrderError(`--${name} is given twice.`);
    open = [];
    fields.set(name, open);
  }
  return { main, fields };
}

/** One word is a value, several are a list, none is `true`, as --force would say. */
function valueIn(words: readonly Word[]): unknown {
  const values = words.map(scalarOf);
  return values.length === 0 ? true : values.length === 1 ? values[0] : values;
}

/** A verb of one plain value takes all words as one: `say The key is gone.` */
function textIn(words: readonly Word[]): unknown {
  return words.length === 1 ? valueIn(words) : words.map(({ value }) => value).join(' ');
}

function scalarOf({ value, isQuoted }: Word): unknown {
  if (isQuoted) return value;
  try {
    return parse(value, { maxAliasCount: 0 });
  } catch {
    return value;
  }
}
