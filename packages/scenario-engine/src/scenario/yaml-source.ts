import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { ScenarioProblem } from './problem.js';

/** Way from the top of a document to a value: keys of maps and indexes of lists. */
export type YamlPath = readonly (string | number)[];

/** Documents deeper or with more aliases than this are no scenarios; the limit stops the "billion laughs". */
const ALIASES_MAX = 50;

/** One YAML file that remembers where each word stood. */
export class YamlSource {
  readonly #document: Document;
  readonly #lines = new LineCounter();

  /** @param file the name to print in problems */
  constructor(
    readonly file: string,
    text: string,
  ) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true });
  }

  /** What is wrong with the YAML itself; when not empty, {@link value} must not be used. */
  syntaxProblems(): ScenarioProblem[] {
    const problems = this.#document.errors.map((error) => ({
      ...this.#place(error.pos[0]),
      message: `not valid YAML: ${error.message.split('\n', 1)[0]?.replace(/\.$/, '')}`,
    }));
    if (problems.length > 0) return problems;
    try {
      this.value();
      return [];
    } catch (error) {
      // The parser's word for too many aliases, and for one whose anchor stands later.
      if (!(error instanceof ReferenceError)) throw error;
      return [{ ...this.#place(0), message: `not usable YAML: ${error.message}` }];
    }
  }

  /** The content as plain data. */
  value(): unknown {
    return this.#document.toJS({ maxAliasCount: ALIASES_MAX });
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
