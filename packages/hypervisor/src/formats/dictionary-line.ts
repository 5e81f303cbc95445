import type { EditableLine, EditableText, Span } from './editable-text.js';

/** What nobody would put in quotes. */
const BARE_VALUE = /^[A-Za-z0-9._+-]+$/;

/** `key = "value"` of a text dictionary. */
export interface DictionaryEntry {
  readonly key: string;
  /** As it is written, escapes included. */
  readonly value: string;
}

/**
 * Reads one line of VMware's text dictionaries (VMX, VMSD, the entries of a descriptor):
 *
 * ```
 * line  = key "=" value [comment]
 * key   = anything without blanks, "=" and "#"
 * value = '"' anything without '"' '"'  |  anything without '"' and "#"  |  nothing
 * ```
 *
 * The grammar is the one of VMware's published dictionary reader (open-vm-tools, `dictll`).
 *
 * @param line without blanks around it; neither empty nor a comment
 * @returns the entry, or a clause that says what is wrong
 */
export function parseDictionaryLine(line: string): DictionaryEntry | string {
  const equals = line.indexOf('=');
  if (equals < 0) return 'the line is not of the form key = "value"';
  const key = line.slice(0, equals).trimEnd();
  if (key === '' || /[\s#"]/.test(key)) return 'the key is empty or holds a blank, a double quote or #';
  const text = line.slice(equals + 1).trimStart();
  if (!text.startsWith('"')) {
    const value = text.split('#', 1)[0]?.trimEnd() ?? '';
    return value.includes('"') ? `the value of ${cutKey(key)} has a lone double quote` : { key, value };
  }
  const close = text.indexOf('"', 1);
  const rest = close < 0 ? '' : text.slice(close + 1).trimStart();
  if (close < 0 || (rest !== '' && !rest.startsWith('#'))) {
    return `the value of ${cutKey(key)} is not one text in double quotes`;
  }
  return { key, value: text.slice(1, close) };
}

/** Where the value of such a line lies, its quotes included. The line may have blanks around it. */
export function valueSpan(line: string): Span {
  let from = line.indexOf('=') + 1;
  while (isBlank(line[from])) from += 1;
  if (line[from] === '"') return { from, to: line.indexOf('"', from + 1) + 1 };
  const comment = line.indexOf('#', from);
  let to = comment < 0 ? line.length : comment;
  while (to > from && isBlank(line[to - 1])) to -= 1;
  return { from, to };
}

/**
 * Puts another value in a line, and leaves key, blanks and comment as they are. A value that had no quotes gets none
 * where it can do without.
 *
 * @param value escaped already
 * @throws HypervisorError INVALID_ARGUMENT when the file's encoding lacks a character
 */
export function replaceValue(text: EditableText, line: EditableLine, value: string): void {
  const { from } = valueSpan(line.text);
  text.replace(line, valueSpan, line.text[from] === '"' ? `"${value}"` : bareValue(value));
}

/** A value without quotes, where it can do without. */
export function bareValue(value: string): string {
  return BARE_VALUE.test(value) ? value : `"${value}"`;
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

function cutKey(key: string): string {
  return key.length <= 64 ? key : `${key.slice(0, 64)}...`;
}
