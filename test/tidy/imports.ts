// Reads the imports of a file, for the tests that hold the arrows.
import type { SourceFile } from './source.js';

/** One import or re-export. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Specifiers of static, dynamic and re-exporting imports. Their text is read from the file, their place from its code. */
export function importsOf({ text, code }: SourceFile): Import[] {
  const places = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])/g;
  return [...code.matchAll(places)].map((match) => {
    const start = match.index + match[0].length;
    const quote = match[1] ?? "'";
    return { specifier: text.slice(start, text.indexOf(quote, start)), line: text.slice(0, start).split('\n').length };
  });
}
