import { INVARIANTS, labSchema } from '@vcryptsim/lab';
import { EXPECTATIONS } from '../expectations/registry.js';
import { quizSchema } from '../scenario/bind-steps.js';
import { BESIDE_WORDS, FILE_WORDS, STRUCTURE_WORDS, type StructureWord } from '../scenario/structure-words.js';
import { STEPS } from '../steps/registry.js';
import type { StepKind } from '../steps/step-kind.js';
import { branchesOf, type FieldRow, fieldRows, type ListOf, takesOf } from './field-rows.js';
import { type JsonSchema, jsonSchemaOf } from './json-schema.js';

/** What comes first in the file. */
const HEAD = `# Words of scenarios

Made by \`npm run docs:scenarios\` from what is registered in the program. Do not edit it: a test compares it with a new one.
How to write a scenario is in [scenarios.md](scenarios.md). In a terminal: \`vcryptsim scenario verbs\`, \`vcryptsim scenario words\`.
`;

/** A list of words that is too long for a table, and where it is used first. */
interface LongList {
  readonly title: string;
  readonly words: readonly string[];
}

/** The whole language as one document in Markdown: every word, what it takes, an example. */
export function referenceText(): string {
  const lists: LongList[] = [];
  const sections = [
    HEAD,
    wordSection(
      'A file',
      'Words at the top of a scenario. A topology has no `steps`; a part has no `name`.',
      FILE_WORDS,
    ),
    labSection(lists),
    stepSection(lists),
    wordSection('Words that hold steps', 'In place of a verb.', STRUCTURE_WORDS),
    besideSection(lists),
    expectationSection(lists),
    invariantSection(),
  ];
  return `${[...sections, ...listSection(lists)].join('\n')}`;
}

function labSection(lists: LongList[]): string {
  const rows = fieldRows(jsonSchemaOf(labSchema), listIn(lists, 'lab'));
  return ['## The lab', '', 'What is under `lab:`; all of it may be left out.', '', ...table(rows), ''].join('\n');
}

function stepSection(lists: LongList[]): string {
  const nouns = [...new Set(STEPS.map(({ verb }) => nounOf(verb)))];
  const sections = nouns.flatMap((noun) => {
    const own = STEPS.filter(({ verb }) => nounOf(verb) === noun);
    return [`### ${noun === '' ? 'Story and time' : noun}`, '', ...own.flatMap((kind) => verbLines(kind, lists))];
  });
  return ['## Steps', '', 'A step is a map with one verb.', '', ...sections].join('\n');
}

function verbLines(kind: StepKind, lists: LongList[]): string[] {
  const { verb, about, example, mainField, takesConditions } = kind;
  const schema = jsonSchemaOf(kind.schema);
  const rows = fieldRows(schema, listIn(lists, verb));
  const plain = branchesOf(schema).filter((one) => one.properties === undefined);
  const more = takesConditions ? ['Beside its own fields it takes every expectation as a condition.', ''] : [];
  return [
    `#### ${verb}`,
    '',
    sentence(about),
    '',
    ...fence(example),
    '',
    ...plainLines(plain, rows, mainField, lists, verb),
    ...(rows.length === 0 ? [] : [...table(rows), '']),
    ...more,
  ];
}

/** What a verb takes that is no map. */
function plainLines(
  plain: readonly JsonSchema[],
  rows: readonly FieldRow[],
  mainField: string | null,
  lists: LongList[],
  verb: string,
): string[] {
  if (plain.length === 0) return [];
  const takes = [...new Set(plain.map((one) => takesOf(one, listIn(lists, verb), verb)))].join(', or ');
  if (rows.length === 0) return [`It takes ${takes}.`, ''];
  const what = mainField === null ? '' : `, which is its \`${mainField}\``;
  return [`It takes ${takes}${what}; or a map:`, ''];
}

function besideSection(lists: LongList[]): string {
  const quiz = fieldRows(jsonSchemaOf(quizSchema), listIn(lists, 'quiz'), 'quiz.');
  return [wordSection('Beside a verb', 'In the same map as the verb.', BESIDE_WORDS), ...table(quiz), ''].join('\n');
}

function expectationSection(lists: LongList[]): string {
  const entries = EXPECTATIONS.flatMap(({ word, about, example, schema: own }) => {
    const schema = jsonSchemaOf(own);
    const listOf = listIn(lists, word);
    const rows = fieldRows(schema, listOf);
    return [
      `### ${word}`,
      '',
      sentence(about),
      '',
      ...fence(example),
      '',
      `It takes ${takesOf(schema, listOf, word)}.`,
      '',
      ...(rows.length === 0 ? [] : [...table(rows), '']),
    ];
  });
  const about = 'Words under `expect:` and in `until:`. `NAME` is the name of a VM, a host or a policy.';
  return ['## Expectations', '', about, '', ...entries].join('\n');
}

function invariantSection(): string {
  const rows = INVARIANTS.map(({ name, says }) => `| \`${name}\` | ${cell(says)} |`);
  const about = 'After every step, whatever the scenario says. A run in which one of these fails has failed.';
  return ['## Checked always', '', about, '', '| name | what holds |', '|---|---|', ...rows, ''].join('\n');
}

function listSection(lists: readonly LongList[]): string[] {
  if (lists.length === 0) return [];
  const entries = lists.flatMap(({ title, words }) => [
    `### ${title}`,
    '',
    words.map((word) => `\`${word}\``).join(', '),
    '',
  ]);
  return [['## Long lists', '', ...entries].join('\n')];
}

function wordSection(title: string, about: string, words: readonly StructureWord[]): string {
  const entries = words.flatMap(({ word, about: says, example }) => [
    `- \`${word}\`: ${sentence(says)}`,
    '',
    ...fence(example).map((line) => `  ${line}`),
    '',
  ]);
  return [`## ${title}`, '', about, '', ...entries].join('\n');
}

/** Gives long lists at the end of the document, each once. */
function listIn(lists: LongList[], word: string): ListOf {
  return (words, field) => {
    const known = lists.find((list) => list.words.join() === words.join());
    const title =
      known?.title ?? `Values of ${[word, field].filter((each, at) => at === 0 || each !== word).join(' ')}`;
    if (known === undefined) lists.push({ title, words });
    return `one of [these ${words.length} words](#${anchorOf(title)})`;
  };
}

/** As GitHub makes anchors of headings. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}

function table(rows: readonly FieldRow[]): string[] {
  const lines = rows.map(({ field, takes, given }) => `| \`${field}\` | ${cell(takes)} | ${cell(given)} |`);
  return ['| field | takes | |', '|---|---|---|', ...lines];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function fence(yaml: string): string[] {
  return ['```yaml', ...yaml.split('\n'), '```'];
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

function nounOf(verb: string): string {
  return verb.includes('.') ? (verb.split('.', 1)[0] ?? '') : '';
}
