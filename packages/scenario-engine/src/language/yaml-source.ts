import { Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { ScenarioProblem } from './problem.js';

/** Way from the top of a document to a value: keys of maps and indexes of lists. */
export type YamlPath = readonly (string | number)[];

/** Documents with more aliases than this are no scenarios; the limit stops the "billion laughs". */
const ALIASES_MAX = 50;
/** Maps and lists inside each other; the language needs about six. */
const DEPTH_MAX = 64;
const ERRORS_MAX = 50;

/** One YAML file that remembers where each word stood. */
export class YamlSource {
  readonly #document: Document;
  readonly #problems: ScenarioProblem[] = [];
  readonly #lines = new LineCounter();
  #value: { readonly of: unknown } | null = null;

  /** @param file the name to print in problems */
  constructor(
    readonly file: string,
    text: string,
  ) {
    this.#document = this.#parse(text);
  }

  // The parser looks for repeated keys by comparing each with each, so they are looked for here.
  #parse(text: string): Document {
    const deep = depthProblem(text);
    if (deep !== null) {
      this.#problems.push({
        file: this.file,
        line: deep,
        column: 1,
        message: `nested deeper than ${DEPTH_MAX} levels`,
      });
      return new Document(null);
    }
    try {
      const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: false });
      for (const error of document.errors.slice(0, ERRORS_MAX)) {
        const message = `not valid YAML: ${error.message.split('\n', 1)[0]?.replace(/\.$/, '')}`;
        this.#problems.push({ ...this.#place(error.pos[0]), message });
      }
      this.#findRepeatedKeys(document);
      return document;
    } catch (error) {
      // What the parser's recursion says of a text that nests too deeply in another way.
      if (!(error instanceof RangeError)) throw error;
      this.#problems.push({ file: this.file, line: 1, column: 1, message: 'nested too deeply' });
      return new Document(null);
    }
  }

  #findRepeatedKeys(document: Document): void {
    visit(document, {
      Map: (_, map) => {
        const seen = new Set<string>();
        for (const { key } of map.items) {
          const word = isScalar(key) ? String(key.value) : null;
          if (word === null || this.#problems.length >= ERRORS_MAX) continue;
          if (seen.has(word)) {
            const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
            this.#problems.push({ ...this.#place(offset), message: 'not valid YAML: this key is in its map twice' });
          }
          seen.add(word);
        }
      },
    });
  }

  /** What is wrong with the YAML itself; when not empty, {@link value} must not be used. */
  syntaxProblems(): ScenarioProblem[] {
    if (this.#problems.length > 0) return this.#problems;
    try {
      this.value();
      return [];
    } catch (error) {
      // The parser's word for too many aliases and for an alias without its anchor; RangeError is its recursion.
      if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
      return [{ ...this.#place(0), message: `not usable YAML: ${error.message}` }];
    }
  }

  /** The content as plain data, the same each time: whoever gets it changes nothing. */
  value(): unknown {
    this.#value ??= { of: this.#document.toJS({ maxAliasCount: ALIASES_MAX }) };
    return this.#value.of;
  }

  /** A problem at the value under `path`, or at the nearest thing above it that exists. */
  problemAt(path: YamlPath, message: string, nearest?: string | null): ScenarioProblem {
    return { ...this.#place(this.#offsetOf(path)), message, ...(nearest ? { nearest } : {}) };
  }

  /** A problem at the word `key` of the map under `path`. */
  problemAtKey(path: YamlPath, key: string, message: string, nearest?: string | null): ScenarioProblem {
    const map = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    const offset = isNode(pair?.key) ? pair.key.range?.[0] : undefined;
    return { ...this.#place(offset ?? this.#offsetOf(path)), message, ...(nearest ? { nearest } : {}) };
  }

  #offsetOf(path: YamlPath): number {
    for (let length = path.length; length > 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return node.range[0];
    }
    return isNode(this.#document.contents) ? (this.#document.contents.range?.[0] ?? 0) : 0;
  }

  #place(offset: number): { file: string; line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }
}

/**
 * Line of a text's first place that is nested too deeply, or null: brackets that stay open, and columns of block dashes.
 * Counted before the parser runs, because the parser recurses. A bracket inside a text counts too; no scenario has so many.
 */
function depthProblem(text: string): number | null {
  for (const [index, line] of text.split('\n').entries()) {
    const dashes = /^[ \t]*(?:[-?:] +)*/.exec(line)?.[0].match(/[-?:]/g)?.length ?? 0;
    if (dashes > DEPTH_MAX) return index + 1;
  }
  let open = 0;
  let line = 1;
  for (const character of text) {
    if (character === '\n') line++;
    else if (character === '[' || character === '{') open++;
    else if (character === ']' || character === '}') open = Math.max(0, open - 1);
    if (open > DEPTH_MAX) return line;
  }
  return null;
}
