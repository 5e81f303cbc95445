// The documents say what is so: links lead somewhere, every mission row has its line, a row that claims a test has one.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageSources, ROOT, type SourceFile, sample, sourceFiles } from './source.js';

const ROWS = Array.from({ length: 51 }, (_, index) => `S${String(index + 1).padStart(2, '0')}`);
const STATUSES = ['done', 'partly', 'not yet'];

const headingAnchor = (heading: string): string =>
  heading
    .replace(/[`*[\]]|\(.*?\)/g, '')
    .trim()
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replace(/ /g, '-');

const withoutFences = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');

/** Links of one document that lead nowhere. `read` gives a file's text, or null where there is none. */
function deadLinks(file: SourceFile, read: (path: string) => string | null): string[] {
  return [...withoutFences(file.text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    const place = path === '' ? file.path : join(dirname(file.path), path);
    const text = read(place);
    if (text === null) return [`${file.path}: ${target}`];
    const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => headingAnchor(heading));
    return anchor === undefined || anchors.includes(anchor) ? [] : [`${file.path}: ${target}`];
  });
}

/** One line of the table in docs/fidelity.md: `| S01 | behaviour | status | source | ours | test |`. */
interface FidelityRow {
  readonly id: string;
  readonly status: string;
  readonly source: string;
  readonly tests: readonly string[];
}

function fidelityRows(text: string): FidelityRow[] {
  return [...text.matchAll(/^\|\s*(S\d\d)\s*\|(.*)\|\s*$/gm)].map(([, id = '', rest = '']) => {
    const cells = rest.split('|').map((cell) => cell.trim());
    const tests = [...(cells[4] ?? '').matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
    return { id, status: cells[1] ?? '', source: cells[2] ?? '', tests };
  });
}

/** What docs/fidelity.md claims and the tests do not bear out. `rowTests` gives the files whose test names carry an id. */
function wrongClaims(rows: readonly FidelityRow[], rowTests: (id: string) => readonly string[]): string[] {
  const wrong: string[] = [];
  const ids = rows.map((row) => row.id);
  for (const id of ROWS) if (ids.filter((other) => other === id).length !== 1) wrong.push(`${id}: wants one line`);
  for (const { id, status, source, tests } of rows) {
    const real = rowTests(id);
    if (!STATUSES.includes(status)) wrong.push(`${id}: status ${status}`);
    if (source === '') wrong.push(`${id}: no source`);
    if (status !== 'not yet' && tests.length === 0) wrong.push(`${id}: ${status}, and no test named`);
    if (status === 'not yet' && real.length > 0) wrong.push(`${id}: not yet, and ${real[0]} tests it`);
    for (const path of tests) if (!real.includes(path)) wrong.push(`${id}: no test [${id}] in ${path}`);
  }
  return wrong;
}

const testFiles = ['packages', 'bench', 'test'].flatMap((folder) =>
  sourceFiles(folder, /^(?!test\/tidy\/).*\.test\.ts$/),
);

/** Files with a test whose name carries `[id]`, as it must: in the first argument of `it` or `describe`. */
const filesNaming = (id: string, files: readonly SourceFile[] = testFiles): string[] =>
  files
    .filter(({ text }) =>
      new RegExp(`\\b(?:it|test|describe)(?:\\.\\w+(?:\\([^)]*\\))?)*\\(\\s*['"\`][^'"\`\\n]*\\[${id}\\]`).test(text),
    )
    .map((file) => file.path);

const documents = sourceFiles('.', /\.md$/);
const textOf = (path: string): string => documents.find((file) => file.path === path)?.text ?? '';

describe('documents', () => {
  it('have checks that are able to fail', () => {
    const read = (path: string) => ({ 'docs/a.md': '# One thing\n## `b` and c\n', 'README.md': '# R\n' })[path] ?? null;
    const dead = (text: string) => deadLinks(sample('docs/x.md', text), read);
    expect(dead('[a](a.md) [b](a.md#b-and-c) [r](../README.md) [w](https://example.org/x)')).toEqual([]);
    expect(dead('[a](b.md) [b](a.md#three)')).toHaveLength(2);
    expect(dead('`[a](b.md)`\n```\n[a](b.md)\n```\n')).toEqual([]);

    const table = ROWS.map((id) => `| ${id} | x | not yet | seed | | |`).join('\n');
    expect(wrongClaims(fidelityRows(table), () => [])).toEqual([]);
    const claim = (line: string, files: string[]) =>
      wrongClaims(fidelityRows(table.replace(/^\| S04.*$/m, line)), (id) => (id === 'S04' ? files : []));
    expect(claim('| S04 | x | done | seed | o | `a.test.ts` |', ['a.test.ts'])).toEqual([]);
    expect(claim('| S04 | x | done | seed | o | `a.test.ts` |', [])).toHaveLength(1);
    expect(claim('| S04 | x | done | seed | o | |', ['a.test.ts'])).toHaveLength(1);
    expect(claim('| S04 | x | perhaps | seed | o | |', [])).toHaveLength(2);
    expect(claim('| S04 | x | not yet | seed | o | |', ['a.test.ts'])).toHaveLength(1);
    expect(claim('', [])).toHaveLength(1);

    const named = (text: string) => filesNaming('S04', [sample('a.test.ts', text)]);
    expect(named("it('[S04] unlocks', f);")).toEqual(['a.test.ts']);
    expect(named("it.each([1])('[S04][S08] unlocks', f);")).toEqual(['a.test.ts']);
    expect(named("// it is about [S04]\nit('unlocks', f);")).toEqual([]);
  });

  it('link to what is there', () => {
    const read = (path: string) =>
      documents.find((file) => file.path === path)?.text ?? (existsSync(join(ROOT, path)) ? '' : null);
    expect(documents.flatMap((file) => deadLinks(file, read))).toEqual([]);
  });

  it('give every mission row one honest line', () => {
    expect(wrongClaims(fidelityRows(textOf('docs/fidelity.md')), (id) => filesNaming(id))).toEqual([]);
  });

  it('give the tally of the rows as it is', () => {
    const rows = fidelityRows(textOf('docs/fidelity.md'));
    const count = (status: string) => rows.filter((row) => row.status === status).length;
    const tally = `Of the ${rows.length} behaviours that the project aims at, ${count('done')} are done, ${count('partly')} partly, and ${count('not yet')} not yet.`;
    expect(textOf('README.md').replaceAll('\n', ' ')).toContain(tally);
  });

  it('name sources that have a public address', () => {
    const text = textOf('docs/fidelity.md');
    const known = new Set([...text.matchAll(/^\| ([A-Z]+\d*) \|.*\| https:\/\/\S+ \|$/gm)].map(([, id]) => id));
    const named = fidelityRows(text).flatMap(({ source }) => source.split(', '));
    expect(named.filter((id) => !known.has(id))).toEqual([]);
    expect(known.size).toBeGreaterThan(10);
    expect(text).not.toMatch(/\bseeds? 0\d\d|facts\/|§/);
  });

  it('mark what is ours wherever it is told, by a row that is there', () => {
    const rows = [...textOf('docs/fidelity.md').matchAll(/^\| (O\d+) \|/gm)].map(([, id]) => id);
    expect(rows).toEqual(rows.map((_, index) => `O${index + 1}`));
    const told = [...documents, ...packageSources(), ...sourceFiles('scenarios', /\.ya?ml$/)];
    const marks = told.flatMap(({ path, text }) =>
      [...text.matchAll(/\[ours (O\d+)[\]:]/g)].map(([, id]) => ({ path, id })),
    );
    expect(marks.filter(({ id }) => !rows.includes(id))).toEqual([]);
    // Release, time-out, order, retry, replication, memory only: people read of these outside of the list too.
    for (const id of ['O1', 'O6', 'O7', 'O8', 'O9', 'O11']) {
      expect(
        marks.some((mark) => mark.id === id && mark.path !== 'docs/fidelity.md'),
        id,
      ).toBe(true);
    }
    const unmarked = sourceFiles('scenarios', /\.ya?ml$/).filter(({ text }) =>
      /memory\s+only(?! \[ours)|(?:30 seconds|half a minute|configured order)(?! \[ours)/.test(text),
    );
    expect(unmarked.map(({ path }) => path)).toEqual([]);
  });

  it('carry no emoji', () => {
    const emoji = /\p{Extended_Pictographic}/u;
    const plain = [...documents, ...packageSources(), ...sourceFiles('scenarios', /\.ya?ml$/)];
    expect(plain.filter(({ text }) => emoji.test(text.replace(/[©®™]/g, ''))).map((file) => file.path)).toEqual([]);
  });

  it('give each runtime library its reason', () => {
    const manifests = sourceFiles('.', /^(?:packages\/[^/]+|bench)\/package\.json$/);
    const libraries = new Set(
      manifests
        .flatMap(({ text }) => Object.keys(JSON.parse(text).dependencies ?? {}))
        .filter((name) => !name.startsWith('@vcryptsim/')),
    );
    expect(libraries.size).toBeGreaterThan(5);
    const decisions = documents.filter(({ path }) => path.startsWith('docs/decisions/')).map(({ text }) => text);
    const reasons = decisions.join('\n');
    expect([...libraries].filter((name) => !reasons.includes(`| \`${name}\` `))).toEqual([]);
  });
});
