import { fileDamaged } from '../api/faults.js';
import { decodeBytes, encodingOf, isWide, type TextEncoding, wideEncodingOf } from './text-encoding.js';

/**
 * Largest text file that is read. Descriptors stay far below (qemu-img takes 1 MiB, facts/vmdk.md section 3); a VMX may
 * hold many `guestinfo` values of 64 KiB and more.
 */
export const TEXT_FILE_LIMIT_BYTES = 16 * 1024 * 1024;
/** Most lines that are read: each costs memory many times its length. A disk of 62 TiB has 31,744 extents. */
export const LINE_LIMIT = 262_144;

/** A text file as lines. Together they are the text, byte by byte. */
export interface TextLines {
  readonly lines: string[];
  /** How each line ends: LF, CRLF, CR, or not at all (the last one). */
  readonly ends: string[];
}

/** A text file decoded, with what is needed to write it back. */
export interface DecodedText {
  readonly text: string;
  readonly encoding: TextEncoding;
  /** The bytes that the text was read from: the file without qemu's padding. */
  readonly bytes: Uint8Array;
}

/** qemu writes descriptors in whole sectors of this size. */
const QEMU_SECTOR_SIZE_BYTES = 512;
/** The end mark of a text file of DOS. */
const DOS_END = '\u001a';

/**
 * Reads bytes as text, in the encoding that the file names, without the padding that qemu leaves behind it.
 *
 * @param file name for errors
 * @throws HypervisorError FILE_DAMAGED (not in the encoding that it names, with the line; too large, too many lines),
 *   NOT_SUPPORTED
 */
export function decodeTextFile(bytes: Uint8Array, file: string, lenient = false): DecodedText {
  if (bytes.length > TEXT_FILE_LIMIT_BYTES) {
    throw fileDamaged(
      file,
      `the file has ${bytes.length} bytes, more than the ${TEXT_FILE_LIMIT_BYTES} of a text file`,
    );
  }
  const content = bytes.subarray(0, endOfText(bytes));
  if (hasTooManyLines(content)) throw fileDamaged(file, `the file has more than ${LINE_LIMIT} lines`);
  const encoding = encodingOf(content, file, lenient);
  return { text: decodeBytes(content, encoding, file, lenient), encoding, bytes: content };
}

function hasTooManyLines(bytes: Uint8Array): boolean {
  let ends = 0;
  for (let at = 0; at < bytes.length && ends <= LINE_LIMIT; at += 1) {
    if (bytes[at] === 0x0a || (bytes[at] === 0x0d && bytes[at + 1] !== 0x0a)) ends += 1;
  }
  return ends > LINE_LIMIT;
}

/** The text of a file alone, see {@link decodeTextFile}. */
export function decodeText(bytes: Uint8Array, file: string): string {
  return decodeTextFile(bytes, file).text;
}

// qemu pads a descriptor to whole sectors when it writes it. Its text can get shorter (it prints the CID without leading
// zeros), and then the last bytes of the longer text stand behind the first NUL. A NUL anywhere else is no padding.
function endOfText(bytes: Uint8Array): number {
  let end = bytes.length;
  const isMarked = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const isWide = isMarked || wideEncodingOf(bytes) !== null;
  if (isWide) return end;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  if (bytes.length % QEMU_SECTOR_SIZE_BYTES !== 0) return end;
  const lastSectors = Math.max(0, bytes.length - 2 * QEMU_SECTOR_SIZE_BYTES);
  const padding = bytes.indexOf(0, lastSectors);
  const standsAfterLineEnd = padding > 0 && bytes[padding - 1] === 0x0a;
  return standsAfterLineEnd ? padding : end;
}

/**
 * Splits text into lines. Any line end will do, also mixed: a line that was added with `echo` to a file of Windows is
 * nothing to complain of.
 */
export function splitLines(text: string): TextLines {
  const lines: string[] = [];
  const ends: string[] = [];
  const lineEnd = /\r\n|\n|\r/g;
  let start = 0;
  for (let match = lineEnd.exec(text); match !== null; match = lineEnd.exec(text)) {
    lines.push(text.slice(start, match.index));
    ends.push(match[0]);
    start = lineEnd.lastIndex;
  }
  if (start < text.length) {
    lines.push(text.slice(start));
    ends.push('');
  }
  return { lines, ends };
}

/** Cuts the bytes of a text into lines, ends included, where {@link splitLines} cuts the text. */
export function cutLines(bytes: Uint8Array, encoding: TextEncoding): Uint8Array[] {
  const width = isWide(encoding) ? 2 : 1;
  const low = encoding.readAs === 'utf-16be' ? 1 : 0;
  const isAt = (at: number, character: number): boolean =>
    bytes[at + low] === character && (width === 1 || bytes[at + 1 - low] === 0);
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length; at += width) {
    const isReturn = isAt(at, 0x0d);
    if (!isReturn && !isAt(at, 0x0a)) continue;
    if (isReturn && isAt(at + width, 0x0a)) at += width;
    pieces.push(bytes.subarray(start, at + width));
    start = at + width;
  }
  if (start < bytes.length) pieces.push(bytes.subarray(start));
  return pieces;
}

/**
 * A line without what is around it, or a refusal where it holds what no text holds.
 *
 * @throws HypervisorError FILE_DAMAGED
 */
export function trimLine(line: string, file: string, number: number): string {
  const trimmed = (line.endsWith(DOS_END) ? line.slice(0, -1) : line).replace(/^\ufeff/, '').trim();
  if (hasControlCharacter(trimmed)) throw fileDamaged(file, 'the line holds a control character', number);
  return trimmed;
}

function hasControlCharacter(line: string): boolean {
  for (let index = 0; index < line.length; index += 1) {
    const code = line.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}
