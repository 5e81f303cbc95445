import { assert } from '@vcryptsim/ports';
import type { HypervisorError } from '../api/errors.js';
import { fileDamaged } from '../api/faults.js';
import { parseDictionaryLine, replaceValue } from './dictionary-line.js';
import { type EditableLine, EditableText } from './editable-text.js';
import type { TextEncoding } from './text-encoding.js';
import { trimLine } from './text-lines.js';

const KEY = /^[A-Za-z0-9._:-]{1,256}$/;

/** Told of a line that cannot be read, in place of a refusal of the whole file. */
export type BadLineListener = (fault: HypervisorError, line: number) => void;

interface Entry {
  readonly line: EditableLine;
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
 * unknown keys, line ends, the encoding and every byte but those of a value that is set survive every edit, so a harmless
 * edit by hand stays harmless (row S21).
 */
export class Vmx {
  readonly #text: EditableText;
  /** By lower-case key, in the order of the file. */
  readonly #entries = new Map<string, Entry>();

  private constructor(text: EditableText) {
    this.#text = text;
  }

  /** An empty dictionary that says how it is encoded. */
  static create(): Vmx {
    const vmx = new Vmx(EditableText.of(''));
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
    const vmx = new Vmx(EditableText.read(bytes, file, onBadLine !== undefined));
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
    const vmx = new Vmx(EditableText.of(text));
    vmx.#parse(file);
    return vmx;
  }

  /** How the file is encoded. */
  get encoding(): TextEncoding {
    return this.#text.encoding;
  }

  /** The value of a key, or undefined. */
  get(key: string): string | undefined {
    return this.#entries.get(key.toLowerCase())?.value;
  }

  /** The line of a key in the file that was read, from 1. */
  lineOf(key: string): number | undefined {
    return this.#entries.get(key.toLowerCase())?.line.number;
  }

  /** Keys with their values, in the order of the file and as they are spelt there. */
  entries(): readonly (readonly [key: string, value: string])[] {
    return [...this.#entries.values()].map(({ key, value }) => [key, value] as const);
  }

  /**
   * Changes the value of this key in its line, or adds a line at the end. Everything else stays as it is.
   *
   * @throws HypervisorError INVALID_ARGUMENT when the file's encoding lacks a character of the value
   */
  set(key: string, value: string): void {
    assert(KEY.test(key), `not a VMX key: ${key}`);
    const known = this.#entries.get(key.toLowerCase());
    if (known?.value === value) return;
    if (known !== undefined) replaceValue(this.#text, known.line, encodeValue(value));
    const line = known?.line ?? this.#text.add(`${key} = "${encodeValue(value)}"`);
    this.#entries.set(key.toLowerCase(), { line, key: known?.key ?? key, value });
  }

  /** Takes the line of this key out, and no other byte. */
  remove(key: string): void {
    const known = this.#entries.get(key.toLowerCase());
    if (known === undefined) return;
    this.#entries.delete(key.toLowerCase());
    this.#text.remove(known.line);
  }

  /** The file as text; equal to what was parsed if nothing was changed. */
  toText(): string {
    return this.#text.toText();
  }

  /** The file as bytes: where nothing was changed, the very bytes that were read. */
  toBytes(): Uint8Array {
    return this.#text.toBytes();
  }

  #parse(file: string, onBadLine?: BadLineListener): void {
    this.#text.linesRead.forEach((line, index) => {
      try {
        const entry = this.#entryOf(line, index + 1, file);
        if (entry !== null) this.#entries.set(entry.key.toLowerCase(), entry);
      } catch (error) {
        if (onBadLine === undefined) throw error;
        onBadLine(error as HypervisorError, index + 1);
      }
    });
  }

  #entryOf(line: EditableLine, number: number, file: string): Entry | null {
    const trimmed = trimLine(line.text, file, number);
    if (trimmed === '' || trimmed.startsWith('#')) return null;
    const entry = parseDictionaryLine(trimmed);
    if (typeof entry === 'string') throw fileDamaged(file, entry, number);
    const { key, value } = entry;
    const earlier = this.#entries.get(key.toLowerCase());
    if (earlier !== undefined) {
      throw fileDamaged(file, `${key} occurs twice, first in line ${earlier.line.number}`, number);
    }
    return { line, key, value: decodeValue(value) };
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
