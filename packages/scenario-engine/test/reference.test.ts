// Documents about the language are made from what is registered: they are fresh, their examples can be written so, and the
// schemas for editors take every scenario that there is.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { INVARIANTS } from '@vcryptsim/lab';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { EXPECTATIONS } from '../src/expectations/registry.js';
import { readOrder } from '../src/orders/order-words.js';
import { madeDocuments } from '../src/reference/documents.js';
import { jsonSchemas, SCHEMA_FILES } from '../src/reference/json-schema.js';
import { BESIDE_WORDS, FILE_WORDS, STRUCTURE_WORDS } from '../src/scenario/structure-words.js';
import { STEPS } from '../src/steps/registry.js';
import { exampleProblems } from './support/examples.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const STALE = 'is stale: run `npm run docs:scenarios` and commit what it writes';

const { scenario, topology, part } = jsonSchemas();
const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema({ ...scenario }, SCHEMA_FILES.scenario);
const checks = {
  scenario: ajv.getSchema(SCHEMA_FILES.scenario)!,
  topology: ajv.compile({ ...topology }),
  part: ajv.compile({ ...part }),
};

/** What a schema has against a text of YAML. */
function wrong(kind: keyof typeof checks, text: string): string[] {
  const check = checks[kind];
  check(parse(text));
  return (check.errors ?? []).map(({ instancePath, message, params }) => {
    return `${instancePath} ${message} ${JSON.stringify(params)}`;
  });
}

const yamlIn = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name));

const files = [
  ...yamlIn('scenarios').map((path) => [path, 'scenario', '../schema/'] as const),
  ...yamlIn('scenarios/labs').map((path) => [path, 'topology', '../../schema/'] as const),
  ...yamlIn('scenarios/parts').map((path) => [path, 'part', '../../schema/'] as const),
];

/** Every word of the language with its sentence and its example. */
const WORDS = [
  ...STEPS.map((kind) => ({ ...kind, word: kind.verb })),
  ...EXPECTATIONS,
  ...STRUCTURE_WORDS,
  ...BESIDE_WORDS,
  ...FILE_WORDS,
];

describe('documents that are made', () => {
  it.each(madeDocuments())(`are as they would be made now: $path`, ({ path, text }) => {
    expect(readFileSync(join(ROOT, path), 'utf8') === text, `${path} ${STALE}`).toBe(true);
  });

  it('name every word, every example and every invariant', () => {
    const text = readFileSync(join(ROOT, 'docs/scenario-reference.md'), 'utf8');
    for (const { word, example } of WORDS) {
      expect(text).toMatch(new RegExp(`^(?:#+ |- \`)${word.replaceAll('.', '\\.')}(?:$|\`: )`, 'm'));
      for (const line of example.split('\n')) expect(text).toContain(line);
    }
    for (const { name } of INVARIANTS) expect(text).toContain(`| \`${name}\` |`);
  });
});

describe('every word of the language', () => {
  it.each(WORDS)('$word has a sentence and an example of itself', ({ word, about, example }) => {
    expect(about).toMatch(/^[A-Z'v].{5,}$/s);
    const [first = ''] = Object.keys(parse(example) as object);
    expect(first).toMatch(new RegExp(`^${word.replaceAll('.', '\\.').replace('NAME', '.+')}$`));
  });

  it.each(WORDS)('$word has an example without mistakes', async (kind) => {
    expect(await exampleProblems(kind)).toEqual([]);
  });

  it.each(STEPS)('$verb has an example that is an order too', ({ verb, example }) => {
    expect(readOrder(example)).toEqual([parse(example)]);
    expect(Object.keys(parse(example))).toEqual([verb]);
  });
});

describe('the schemas for editors', () => {
  it.each(files)('take %s, which names its schema', (path, kind, folder) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    expect(wrong(kind, text)).toEqual([]);
    expect(text.split('\n', 1)).toEqual([`# yaml-language-server: $schema=${folder}${SCHEMA_FILES[kind]}`]);
  });

  it.each(STEPS)('take the example of $verb', ({ example }) => {
    expect(wrong('scenario', stepOf(`- ${example}`))).toEqual([]);
  });

  it.each(EXPECTATIONS)('take the example of $word', ({ example }) => {
    expect(wrong('scenario', stepOf(`- wait: 1s\n    expect:\n      ${example}`))).toEqual([]);
  });

  it.each([
    ['a misspelt verb', '- vm.craete: payroll'],
    ['two verbs in one step', '- vm.create: payroll\n    wait: 1s'],
    ['a step without a verb', '- expect: { kmip: [] }'],
    ['a misspelt expectation', '- vm.create: payroll\n    expect: { vm.payroll.sate: locked }'],
    ['a state that there is not', '- vm.create: payroll\n    expect: { vm.payroll.state: lockd }'],
    ['a misspelt field', '- vm.read: { vm: payroll, lbaa: 0 }'],
    ['a field that is missing', '- vm.read: { vm: payroll }'],
    ['a negative sector', '- vm.read: { vm: payroll, lba: -1 }'],
    ['an expectation beside a repetition', '- repeat: { times: 2, steps: [{ wait: 1s }] }\n    expect: { kmip: [] }'],
    ['a wrong verb inside a repetition', '- repeat: { times: 2, steps: [{ wiat: 1s }] }'],
    ['a wrong condition of until', '- until: { vm.payroll.state: lockd, within: 1m }'],
  ])('refuse %s', (_, steps) => {
    expect(wrong('scenario', stepOf(steps))).not.toEqual([]);
  });

  it('refuse a misspelt word at the top, a topology with steps and a part with a name', () => {
    expect(wrong('scenario', 'name: n\nabuot: a\nsteps: [{ wait: 1s }]\n')).not.toEqual([]);
    expect(wrong('topology', 'name: n\nabout: a\nlab: {}\nsteps: [{ wait: 1s }]\n')).not.toEqual([]);
    expect(wrong('part', 'name: n\nabout: a\nsteps: [{ wait: 1s }]\n')).not.toEqual([]);
    expect(wrong('topology', 'name: n\nabout: a\nlab: { hosts: [] }\n')).not.toEqual([]);
  });
});

function stepOf(steps: string): string {
  return `name: n\nabout: a\nsteps:\n  ${steps}\n`;
}
