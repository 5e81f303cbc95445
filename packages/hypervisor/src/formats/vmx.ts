import { assert } from '@vcryptsim/ports';
import { fileDamaged } from '../faults.js';
import { joinLines, splitLines, type TextLines } from './text-lines.js';

const KEY = /^[A-Za-z0-9._:-]{1,256}$/;

/**
 * VMware's text dictionary: a VM's configuration (`.vmx`), and our hosts' VM inventory.
 *
 * ```
 * # comment
 * .encoding = "UTF-8"
 * displayName = "web-01"
 * encryption.bundle = "vmware:key/list/(...)"
 * ```
 *
 * One entry a line, `key = "value"`. Keys compare without case and stand once. Inside a value `"`, `|` and control
 * characters are written as `|` and two upper-case hex digits (`|22`, `|7C`, `|0A`). Comments, blank lines, unknown
 * keys and their order survive every edit, so a harmless edit by hand stays harmless (row S21).
 */
export class Vmx {
  readonly #text: TextLines;
  /** Lower-case key -> index of its line and decoded value. */
  readonly #entries = new Map<string, { readonly line: number; readonly key: string; readonly value: string }>();

  private constructor(text: TextLines) {
    this.#text = text;
  }

  /** An empty dictionary that says how it is encoded. */
  static create(): Vmx {
    const vmx = new Vmx({ lines: [], lineEnd: '\n' });
    vmx.set('.encoding', 'UTF-8');
    return vmx;
  }

  /**
   * Reads a dictionary, in time linear in its length.
   *
   * @param text the file, decoded
   * @param file name for errors
   * @throws HypervisorError FILE_DAMAGED with the line number
   */
  static parse(text: string, file: string): Vmx {
    const vmx = new Vmx(splitLines(text, file));
    vmx.#text.lines.forEach((line, index) => {
      const trimmed = line.trim();
      if (trimmed === '' || trimmed.startsWith('#')) return;
      const equals = trimmed.indexOf('=');
      if (equals < 0) throw fileDamaged(file, 'the line is not of the form key = "value"', index + 1);
      const key = trimmed.slice(0, equals).trimEnd();
      const quoted = trimmed.slice(equals + 1).trimStart();
      if (!KEY.test(key))
        throw fileDamaged(file, 'the key holds something else than letters, digits and . _ : -', index + 1);
      if (
        quoted.length < 2 ||
        !quoted.startsWith('"') ||
        !quoted.endsWith('"') ||
        quoted.indexOf('"', 1) !== quoted.length - 1
      ) {
        throw fileDamaged(file, `the value of ${key} is not one text in double quotes`, index + 1);
      }
      const earlier = vmx.#entries.get(key.toLowerCase());
      if (earlier !== undefined)
        throw fileDamaged(file, `${key} stands a second time, first in line ${earlier.line + 1}`, index + 1);
      vmx.#entries.set(key.toLowerCase(), { line: index, key, value: decodeValue(quoted.slice(1, -1)) });
    });
    const encoding = vmx.get('.encoding');
    if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8') {
      throw fileDamaged(file, `the encoding is ${encoding}, and only UTF-8 is read`, vmx.lineOf('.encoding'));
    }
    return vmx;
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

  /** Changes the one line of this key, or adds a line at the end. Everything else stays as it is. */
  set(key: string, value: string): void {
    assert(KEY.test(key), `not a VMX key: ${key}`);
    const known = this.#entries.get(key.toLowerCase());
    const line = known?.line ?? this.#text.lines.length;
    const spelt = known?.key ?? key;
    this.#text.lines[line] = `${spelt} = "${encodeValue(value)}"`;
    this.#entries.set(key.toLowerCase(), { line, key: spelt, value });
  }

  /** The file as text; equal to what was parsed if nothing was set and the last line was ended. */
  toText(): string {
    return joinLines(this.#text);
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
