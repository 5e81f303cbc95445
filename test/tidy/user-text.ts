// What a person can read of the product: sentences in its string literals, names that a package exports, and scenarios.
import { lineAt, packageSources, type SourceFile, sourceFiles } from './source.js';

/** A text and where it is. */
export interface UserText {
  readonly path: string;
  readonly line: number;
  /** Values put in by the program are `{}`. */
  readonly text: string;
}

/** Every string literal and template of a file, with `{}` for what a template puts in. */
export function literals({ path, text, code }: SourceFile): UserText[] {
  const found: UserText[] = [];
  const open: { at: number; parts: string[]; depth: number }[] = [];
  let depth = 0;
  let at = 0;
  /** Reads on in a template from `at`: to its end, or to the code that it puts in. */
  const readTemplate = (): void => {
    let end = at;
    while (end < code.length && code[end] !== '`' && code.slice(end, end + 2) !== '${') end++;
    const template = open.at(-1);
    template?.parts.push(text.slice(at, end));
    if (code[end] === '`' || end >= code.length) {
      open.pop();
      if (template) found.push({ path, line: lineAt(text, template.at), text: unquoted(template.parts.join('{}')) });
      at = end + 1;
    } else {
      depth++;
      if (template) template.depth = depth;
      at = end + 2;
    }
  };
  while (at < code.length) {
    const char = code[at] ?? '';
    if (char === '`') {
      open.push({ at, parts: [], depth: -1 });
      at++;
      readTemplate();
    } else if (char === "'" || char === '"') {
      let end = at + 1;
      while (end < code.length && code[end] !== char && code[end] !== '\n') end++;
      found.push({ path, line: lineAt(text, at), text: unquoted(text.slice(at + 1, end)) });
      at = end + 1;
    } else {
      at++;
      if (char === '{') depth++;
      if (char !== '}') continue;
      depth--;
      if (open.at(-1)?.depth === depth + 1) readTemplate();
    }
  }
  return found;
}

function unquoted(text: string): string {
  return text.replaceAll(/\\n/g, ' ').replaceAll(/\\(['"`\\])/g, '$1');
}

/** A literal that reads like a sentence or a part of one: two words of letters with a space between them. */
export function isSentence({ text }: UserText): boolean {
  return /[A-Za-z]{2,}[,.:;)}']* [({'"]*[a-z\d]{1,}/i.test(text) && !/^[.\w/@-]+$/.test(text);
}

/** All sentences of the product's own code. */
export function productSentences(): UserText[] {
  const files = [...packageSources(), ...sourceFiles('bench', /^bench\/src\/.*\.ts$/)];
  return files.flatMap(literals).filter(isSentence);
}

/** All texts of the scenarios, line by line. */
export function scenarioLines(): UserText[] {
  return sourceFiles('scenarios', /\.ya?ml$/).flatMap(({ path, text }) =>
    text.split('\n').map((line, index) => ({ path, line: index + 1, text: line })),
  );
}

/** Names that files of the product export. */
export function exportedNames(): UserText[] {
  const files = [...packageSources(), ...sourceFiles('bench', /^bench\/src\/.*\.ts$/)];
  return files.flatMap((file) =>
    [
      ...file.code.matchAll(
        /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type) (\w+)/gm,
      ),
    ].map((match) => ({ path: file.path, line: lineAt(file.text, match.index), text: match[1] ?? '' })),
  );
}
