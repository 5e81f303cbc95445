import { fileDamaged } from '../faults.js';

/** Largest text file that is read: qemu-img's own limit for descriptors (facts/vmdk.md section 3). */
export const TEXT_FILE_LIMIT_BYTES = 1024 * 1024;
/** Longest line. A bundle takes under 1,000 characters a key. */
export const LINE_LIMIT_CHARACTERS = 65_536;

/** A text file as lines, with what is needed to write it back byte by byte. */
export interface TextLines {
  readonly lines: string[];
  readonly lineEnd: '\n' | '\r\n';
}

/** qemu writes descriptors in whole sectors of this size. */
const QEMU_SECTOR_SIZE_BYTES = 512;

/**
 * Reads bytes as UTF-8 text, without the padding that qemu leaves behind it.
 *
 * @param file name for errors
 * @throws HypervisorError FILE_DAMAGED with the line that is not UTF-8, or when the file is too large
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  if (bytes.length > TEXT_FILE_LIMIT_BYTES) {
    throw fileDamaged(
      file,
      `the file has ${bytes.length} bytes, more than the ${TEXT_FILE_LIMIT_BYTES} of a text file`,
    );
  }
  const end = endOfText(bytes);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    return decoder.decode(bytes.subarray(0, end));
  } catch {
    throw fileDamaged(file, 'the text is not UTF-8', lineOfBadText(bytes.subarray(0, end)));
  }
}

// qemu pads a descriptor to whole sectors when it writes it. Its text can get shorter (it prints the CID without leading
// zeros), and then the last bytes of the longer text stand behind the first NUL. A NUL anywhere else is no padding.
function endOfText(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  if (bytes.length % QEMU_SECTOR_SIZE_BYTES !== 0) return end;
  const lastSectors = Math.max(0, bytes.length - 2 * QEMU_SECTOR_SIZE_BYTES);
  const padding = bytes.indexOf(0, lastSectors);
  const standsAfterLineEnd = padding > 0 && bytes[padding - 1] === 0x0a;
  return standsAfterLineEnd ? padding : end;
}

/**
 * Splits text into lines. Line ends are LF or CRLF, the same in the whole file.
 *
 * @param file name for errors
 * @throws HypervisorError FILE_DAMAGED with the line: a NUL or other control character, mixed line ends, a line too long
 */
export function splitLines(text: string, file: string): TextLines {
  const pieces = text.split('\n');
  if (pieces.at(-1) === '') pieces.pop();
  const lineEnd = pieces[0]?.endsWith('\r') ? '\r\n' : '\n';
  const lines = pieces.map((piece, index) => {
    const isLastUnended = index === pieces.length - 1 && !text.endsWith('\n');
    const hasReturn = piece.endsWith('\r');
    if (!isLastUnended && hasReturn !== (lineEnd === '\r\n')) {
      throw fileDamaged(file, 'line ends are mixed, some LF and some CRLF', index + 1);
    }
    const line = hasReturn ? piece.slice(0, -1) : piece;
    if (line.length > LINE_LIMIT_CHARACTERS) {
      throw fileDamaged(file, `the line is longer than ${LINE_LIMIT_CHARACTERS} characters`, index + 1);
    }
    if (hasControlCharacter(line)) throw fileDamaged(file, 'the line holds a control character', index + 1);
    return line;
  });
  return { lines, lineEnd };
}

/** Writes lines back, each ended. */
export function joinLines({ lines, lineEnd }: TextLines): string {
  return lines.map((line) => line + lineEnd).join('');
}

function hasControlCharacter(line: string): boolean {
  for (let index = 0; index < line.length; index += 1) {
    const code = line.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

function lineOfBadText(bytes: Uint8Array): number {
  let line = 1;
  let start = 0;
  while (start < bytes.length) {
    const lineFeed = bytes.indexOf(0x0a, start);
    const end = lineFeed < 0 ? bytes.length : lineFeed;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    line += 1;
    start = end + 1;
  }
  return line;
}
