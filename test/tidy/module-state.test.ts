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

// `const NAME: TYPE =`, where a type may hold `=>`; what follows is the value.
const OPENING = /^(?:export\s+)?const\s+(\w+)\s*(:(?:[^=]|=>)*)?=(?!>)\s*/;
const GROWS = /^new\s+(?:Map|Set|WeakMap|WeakSet|Array)\b/;
const STATIC_VARIABLE =
  /^\s+(?:(?:private|protected|public)\s+)?static\s+(?!readonly\b|async\b|get\b|\{)(#?\w+)\s*[:=;]/gm;

/** Calls and assignments that change what a name holds, in place. */
const changes = (name: string): RegExp =>
  new RegExp(
    `(?<![\\w.])${name}(?:\\.\\w+|\\[[^\\]]*\\])*(?:\\.(?:push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin|set|add|delete|clear)\\(` +
      `|(?:\\.\\w+|\\[[^\\]]*\\])\\s*(?:=(?![=>])|\\+\\+|--|[-+*/|&^]=))`,
  );

/** A `let` that a class fills once, in its own static block: how a class hands one function to its own module. */
const isFriendFunction = (name: string, code: string): boolean =>
  [...code.matchAll(new RegExp(`(?<![\\w.])${name}\\s*=(?![=>])`, 'g'))].length === 1 &&
  new RegExp(`\\bstatic\\s*\\{\\s*${name}\\s*=(?![=>])`).test(code);

/** Places in one file where something could change after the module was loaded. */
function moduleState(file: SourceFile): string[] {
  const at = (offset: number, what: string) => `${file.path}:${lineAt(file.text, offset)} ${what}`;
  const wrong: string[] = [];
  for (const { text, offset } of topLevelStatements(file.code)) {
    const variable = /^(?:export\s+)?(?:let|var)\s+(\w+)/.exec(text)?.[1];
    if (variable !== undefined && !isFriendFunction(variable, file.code)) {
      wrong.push(at(offset, `${variable}: a variable of the module`));
    }
    const [opening = '', name = '', type = ''] = OPENING.exec(text) ?? [];
    if (opening === '') continue;
    const value = text.slice(opening.length);
    if (GROWS.test(value) && !/^:\s*Readonly/.test(type)) wrong.push(at(offset, `${name}: not typed Readonly`));
    else if (/^[[{]|^new\b/.test(value) && changes(name).test(file.code)) wrong.push(at(offset, `${name}: is changed`));
  }
  for (const match of file.code.matchAll(STATIC_VARIABLE)) {
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
    ['const queue: string[] = [];\nexport function f() {\n  queue.push(a);\n}\n', 1],
    ['const state = { count: 0 };\nfunction f() {\n  state.count += 1;\n}\n', 1],
    ['const slots = [0, 0];\nfunction f() {\n  slots[1] = 2;\n}\n', 1],
    ['const table = { a: 1 };\nconst other = b.table.push(c) + (table.a === 1) + table.a;', 0],
    ['let open: (a: A) => B;\nclass A {\n  static {\n    open = (a) => a.b;\n  }\n}\n', 0],
    ['let open: (a: A) => B;\nclass A {\n  f() {\n    open = (a) => a.b;\n  }\n}\n', 1],
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
