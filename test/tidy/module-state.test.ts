// A reboot is honest only if nothing outlives the host object: no module of the product keeps anything that can change.
import { describe, expect, it } from 'vitest';
import { lineAt, packageSources, type SourceFile, sample } from './source.js';

/** Statements at the top level of a file, with their offsets; blanked text, so braces can be counted. */
function topLevelStatements(code: string): { text: string; offset: number }[] {
  const found: { text: string; offset: number }[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < code.length; at++) {
    const char = code[at];
    if (char === '{' || char === '(' || char === '[') depth++;
    else if (char === '}' || char === ')' || char === ']') depth--;
    if (depth === 0 && (char === ';' || (char === '}' && /^\s*\n/.test(code.slice(at + 1))))) {
      const text = code.slice(start, at + 1);
      found.push({ text: text.trim(), offset: start + (text.length - text.trimStart().length) });
      start = at + 1;
    }
  }
  return found;
}

const FIXED_TYPE = /^(?:export\s+)?const\s+\w+\s*:\s*(?:Readonly|readonly\b|TextDecoder\b|TextEncoder\b)/;
// `const NAME: TYPE =`, where a type may hold `=>`; what follows is the value.
const OPENING = /^(?:export\s+)?const\s+\w+\s*(?::(?:[^=]|=>)*)?=(?!>)\s*/;
const GROWS = /^new\s+(?:Map|Set|WeakMap|WeakSet|Array)\b/;
const LITERAL = /^[[{]/;

/** Places in one file where something could change after the module was loaded. */
function moduleState(file: SourceFile): string[] {
  const at = (offset: number, what: string) => `${file.path}:${lineAt(file.text, offset)} ${what}`;
  const wrong: string[] = [];
  for (const { text, offset } of topLevelStatements(file.code)) {
    if (/^(?:export\s+)?(?:let|var)\s/.test(text)) wrong.push(at(offset, 'a variable of the module'));
    if (!/^(?:export\s+)?const\s/.test(text) || FIXED_TYPE.test(text)) continue;
    const value = text.replace(OPENING, '');
    if (GROWS.test(value)) wrong.push(at(offset, 'a collection that is not typed Readonly'));
    else if (LITERAL.test(value) && !/\bas const\b|\bObject\.freeze\(/.test(text)) {
      wrong.push(at(offset, 'a table without `as const` or a Readonly type'));
    }
  }
  for (const match of file.code.matchAll(
    /^\s+(?:(?:private|protected|public)\s+)?static\s+(?!readonly\b|async\b|get\b|\{)(#?\w+)\s*[:=;]/gm,
  )) {
    wrong.push(at(match.index + 1, `static ${match[1]}: a variable of the class`));
  }
  return wrong;
}

describe('module state', () => {
  it.each([
    ['let count = 0;', 1],
    ['export let count = 0;\nfunction f() {\n  let inner = 1;\n}\n', 1],
    ['var old;', 1],
    ['const cache = new Map<string, number>();', 1],
    ['const seen: Set<string> = new Set();', 1],
    ['const table: ReadonlyMap<string, number> = new Map([[a, 1]]);', 0],
    ['const list: readonly string[] = [a, b];', 0],
    ['const list: string[] = [a, b];', 1],
    ['const queue = [];', 1],
    ['const names = [a, b] as const;', 0],
    ['const names = { a: 1 } as const satisfies Table;', 0],
    ['const names = Object.freeze({ a: 1 });', 0],
    ['const LIMIT = 5;\nconst sum = (a: number) => {\n  const list = [];\n  let b = a;\n  return b;\n};', 0],
    ['class A {\n  static count = 0;\n}\n', 1],
    ['class A {\n  static readonly LIMIT = 1;\n  static async open(): Promise<A> {\n  }\n  static make() {}\n}\n', 0],
  ])('judges %j', (text, count) => {
    expect(moduleState(sample('packages/kms/src/a.ts', text))).toHaveLength(count);
  });

  it('is nowhere in the product', () => {
    expect(packageSources().flatMap(moduleState)).toEqual([]);
  });
});
