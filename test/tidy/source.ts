// What the tidy tests read: the tree's own text files, and TypeScript with its comments and literals blanked, so that
// a word in a sentence is never taken for code. TypeScript 7 has no compiler API, hence the small scanner.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the whole project. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const GENERATED_FOLDERS = new Set(['.git', 'node_modules', 'dist', 'coverage', '.vcryptsim']);

/** One text file. Paths are relative to the project, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** The text with comments and the insides of literals turned to spaces; same length, same lines. */
  readonly code: string;
}

/** A file from a path and its text: how the tests feed a check with a bad sample. */
export function sample(path: string, text: string): SourceFile {
  return { path, text, code: /\.[cm]?[jt]s$/.test(path) ? blank(text) : text };
}

/** Every file under `folder` whose path fits `pattern`, generated folders left out, sorted by path. */
export function sourceFiles(folder: string, pattern: RegExp): SourceFile[] {
  const found: SourceFile[] = [];
  const walk = (at: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) {
        if (!GENERATED_FOLDERS.has(entry.name)) walk(path);
      } else if (entry.isFile()) {
        const name = relative(ROOT, path);
        if (pattern.test(name)) found.push(sample(name, readFileSync(path, 'utf8')));
      }
    }
  };
  walk(join(ROOT, folder));
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The product's own TypeScript: `packages/NAME/src`. */
export function packageSources(): SourceFile[] {
  return sourceFiles('packages', /^packages\/[^/]+\/src\/.*\.ts$/);
}

/** `packages/NAME/...` gives NAME, `bench/...` gives bench. */
export function packageOf(path: string): string {
  return path.split('/')[path.startsWith('packages/') ? 1 : 0] ?? path;
}

/** Line number, from 1, of an offset into `text`. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** `path:line found` for each place where `pattern` (global) fits the file's code, or its text when asked. */
export function findings(file: SourceFile, pattern: RegExp, where: 'code' | 'text' = 'code'): string[] {
  return [...file[where].matchAll(pattern)].map(
    (match) => `${file.path}:${lineAt(file.text, match.index)} ${match[0].trim()}`,
  );
}

// A slash opens a regular expression where an operand may begin.
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^\n]|\b(?:return|typeof|case|in|of|do|else|void))\s*$/;

/** Turns comments and the insides of strings, templates and regular expressions into spaces; keeps `${code}`. */
function blank(text: string): string {
  const out = text.split('');
  const wipe = (from: number, to: number): void => {
    for (let at = from; at < to; at++) if (out[at] !== '\n') out[at] = ' ';
  };
  const endOf = (from: number, closing: RegExp): number => {
    closing.lastIndex = from;
    return closing.exec(text)?.index ?? text.length;
  };
  const templates: number[] = []; // brace depth at which each open template goes on
  let depth = 0;
  let at = 0;
  const template = (): void => {
    const end = endOf(at, /(?<!\\)(?:\\\\)*(?:`|\$\{)/g);
    let close = end;
    while (text[close] === '\\') close++;
    wipe(at, close);
    if (text[close] === '$') {
      templates.push(depth);
      depth++;
      at = close + 2;
    } else {
      at = close + 1;
    }
  };
  while (at < text.length) {
    const char = text[at];
    const pair = text.slice(at, at + 2);
    if (pair === '//' || pair === '/*' || (at === 0 && pair === '#!')) {
      const end = pair === '/*' ? endOf(at, /\*\//g) + 2 : endOf(at, /\n/g);
      wipe(at, Math.min(end, text.length));
      at = end;
    } else if (char === "'" || char === '"') {
      let end = at + 1;
      while (end < text.length && text[end] !== char && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
      wipe(at + 1, end);
      at = end + 1;
    } else if (char === '`') {
      at++;
      template();
    } else if (char === '/' && BEFORE_REGEX.test(out.slice(Math.max(0, at - 40), at).join(''))) {
      let end = at + 1;
      for (let inClass = false; end < text.length && text[end] !== '\n'; end++) {
        if (text[end] === '\\') end++;
        else if (text[end] === '[') inClass = true;
        else if (text[end] === ']') inClass = false;
        else if (text[end] === '/' && !inClass) break;
      }
      wipe(at + 1, end);
      at = end + 1;
    } else {
      if (char === '{') depth++;
      if (char === '}') depth--;
      at++;
      if (char === '}' && templates.at(-1) === depth) {
        templates.pop();
        template();
      }
    }
  }
  return out.join('');
}
