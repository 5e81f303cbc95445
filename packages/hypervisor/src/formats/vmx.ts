import { assert } from '@vcryptsim/ports';
import type { HypervisorError } from '../api/errors.js';
import { fileDamaged } from '../api/faults.js';
import { parseDictionaryLine } from './dictionary-line.js';
import { cutsAtLineFeeds, encodeText, type TextEncoding } from './text-encoding.js';
import { decodeTextFile, splitBytes, splitLines, trimLine } from './text-lines.js';

const KEY = /^[A-Za-z0-9._:-]{1,256}$/;
const UTF8: TextEncoding = { declared: null, readAs: 'utf-8', guessed: false, mark: new Uint8Array(0) };

/** Told of a line that cannot be read, in place of a refusal of the whole file. */
export type BadLineListener = (fault: HypervisorError, line: number) => void;

interface Entry {
  /** Index of its line. */
  readonly line: number;
  readonly key: string;
  readonly value: string;
}

/**
 * VMware's text dictionary: a VM's configuration (`.vmx`), its list of snapshots, and our hosts' VM locks.
 *
 * ```
 * # comment
 * .encoding = "UTF-8"
 * displayName = "web-01"
 * encryption.bundle = "vmware:key/list/(...)"
 * ```
 *
 * One entry a line, see dictionary-line.ts. Keys compare without case and stand once. Inside a value `"`, `|` and
 * control characters are written as `|` and two upper-case hex digits (`|22`, `|7C`, `|0A`). Comments, blank lines,
 * unknown keys, line ends, the encoding and the bytes of every line that is not set survive every edit, so a harmless
 * edit by hand stays harmless (row S21).
 */
export class Vmx {
  readonly #lines: string[];
  readonly #ends: string[];
  readonly #encoding: TextEncoding;
  /** What was read, cut into lines only when it is written back; null where it cannot be cut. */
  readonly #source: Uint8Array | null;
  readonly #sourceLines: number;
  /** Indexes of the lines that are not as they were read. */
  readonly #changed = new Set<number>();
  /** Index of the last line of the file, where it was not ended and another one came after it. */
  #ended = -1;
  /** By lower-case key. */
  readonly #entries = new Map<string, Entry>();

  private constructor(text: string, encoding: TextEncoding, source: Uint8Array | null) {
    const { lines, ends } = splitLines(text);
    this.#lines = lines;
    this.#ends = ends;
    this.#encoding = encoding;
    this.#source = source;
    this.#sourceLines = lines.length;
  }

  /** An empty dictionary that says how it is encoded. */
  static create(): Vmx {
    const vmx = new Vmx('', UTF8, null);
    vmx.set('.encoding', 'UTF-8');
    return vmx;
  }

  /**
   * Reads a file, in whatever encoding it says, in time linear in its length.
   *
   * @param file name for errors
   * @param onBadLine takes what is wrong with a line, which is kept as it is; left out, the file is refused
   * @throws HypervisorError FILE_DAMAGED with the line number, NOT_SUPPORTED (the encoding)
   */
  static read(bytes: Uint8Array, file: string, onBadLine?: BadLineListener): Vmx {
    const decoded = decodeTextFile(bytes, file, onBadLine !== undefined);
    const { encoding, text } = decoded;
    const source = cutsAtLineFeeds(encoding) ? decoded.bytes.subarray(encoding.mark.length) : null;
    const vmx = new Vmx(text, encoding, source);
    vmx.#parse(file, onBadLine);
    return vmx;
  }

  /**
   * Reads a text that is decoded already.
   *
   * @param file name for errors
   * @throws HypervisorError FILE_DAMAGED with the line number
   */
  static parse(text: string, file: string): Vmx {
    const vmx = new Vmx(text, UTF8, null);
    vmx.#parse(file);
    return vmx;
  }

  /** How the file is encoded. */
  get encoding(): TextEncoding {
    return this.#encoding;
  }

  /** The value of a key, or undefined. */
  get(key: string): string | undefined {
    return this.#entries.get(key.toLowerCase())?.value;
  }

  /** The line number of a key, from 1. */
  lineOf(key: string): number | undefined {
    const entry = this.#entries.get(key.toLowerCase());
    return entry === undefined ? undefined : entry.line + 1;
  }

  /** Keys with their values, in the order of the file and as they are spelt there. */
  entries(): readonly (readonly [key: string, value: string])[] {
    return [...this.#entries.values()].sort((a, b) => a.line - b.line).map(({ key, value }) => [key, value] as const);
  }

  /**
   * Changes the one line of this key, or adds a line at the end. Everything else stays as it is.
   *
   * @throws HypervisorError INVALID_ARGUMENT when the file's encoding lacks a character of the value
   */
  set(key: string, value: string): void {
    assert(KEY.test(key), `not a VMX key: ${key}`);
    const known = this.#entries.get(key.toLowerCase());
    const spelt = known?.key ?? key;
    const text = `${spelt} = "${encodeValue(value)}"`;
    encodeText(text, this.#encoding);
    const line = known?.line ?? this.#addLine();
    this.#lines[line] = text;
    this.#changed.add(line);
    this.#entries.set(key.toLowerCase(), { line, key: spelt, value });
  }

  /** Takes the line of this key out; the others keep their numbers. */
  remove(key: string): void {
    const known = this.#entries.get(key.toLowerCase());
    if (known === undefined) return;
    this.#entries.delete(key.toLowerCase());
    this.#lines[known.line] = '';
    this.#ends[known.line] = '';
    this.#changed.add(known.line);
  }

  /** The file as text; equal to what was parsed if nothing was set. */
  toText(): string {
    return this.#lines.map((line, index) => line + this.#ends[index]).join('');
  }

  /** The file as bytes: of a line that was not set, the very bytes that were read. */
  toBytes(): Uint8Array {
    const read = this.#source === null ? [] : splitBytes(this.#source);
    // In a broken text of several bytes a character the two may differ; then the whole is encoded anew.
    const isCut = read.length === this.#sourceLines;
    const pieces = this.#lines.map((line, index) => {
      const piece = isCut && !this.#changed.has(index) ? read[index] : undefined;
      if (piece === undefined) return encodeText(line + this.#ends[index], this.#encoding);
      return index === this.#ended
        ? Buffer.concat([piece, encodeText(this.#ends[index] ?? '', this.#encoding)])
        : piece;
    });
    return new Uint8Array(Buffer.concat([this.#encoding.mark, ...pieces]));
  }

  #addLine(): number {
    const last = this.#lines.length - 1;
    const end = this.#ends.find((candidate) => candidate !== '') ?? '\n';
    if (last >= 0 && this.#ends[last] === '' && this.#lines[last] !== '') {
      this.#ends[last] = end;
      this.#ended = last;
    }
    this.#ends.push(end);
    return this.#lines.length;
  }

  #parse(file: string, onBadLine?: BadLineListener): void {
    this.#lines.forEach((line, index) => {
      try {
        const entry = this.#entryOf(line, index, file);
        if (entry !== null) this.#entries.set(entry.key.toLowerCase(), entry);
      } catch (error) {
        if (onBadLine === undefined) throw error;
        onBadLine(error as HypervisorError, index + 1);
      }
    });
  }

  #entryOf(line: string, index: number, file: string): Entry | null {
    const trimmed = trimLine(line, file, index + 1);
    if (trimmed === '' || trimmed.startsWith('#')) return null;
    const entry = parseDictionaryLine(trimmed);
    if (typeof entry === 'string') throw fileDamaged(file, entry, index + 1);
    const { key, value } = entry;
    const earlier = this.#entries.get(key.toLowerCase());
    if (earlier !== undefined) {
      throw fileDamaged(file, `${key} occurs twice, first in line ${earlier.line + 1}`, index + 1);
    }
    return { line: index, key, value: decodeValue(value) };
  }
}

function encodeValue(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be escaped
  return value.replace(/["|\u0000-\u001f\u007f]/g, (character) => {
    return `|${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

function decodeValue(text: string): string {
  return text.replace(/\|([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
