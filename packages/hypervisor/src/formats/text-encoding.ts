import iconv from 'iconv-lite';
import { fileDamaged, invalidArgument, notSupported } from '../api/faults.js';

/** How the bytes of a text file are to be read, and written back. */
export interface TextEncoding {
  /** The name that the file gives itself (`.encoding`, `encoding=`), or null. */
  readonly declared: string | null;
  /** What the bytes were read as: a name that iconv-lite knows. */
  readonly readAs: string;
  /** True when the file names no encoding and is not UTF-8, so that `readAs` is a guess. */
  readonly guessed: boolean;
  /** The byte order mark at the beginning, kept when the file is written. */
  readonly mark: Uint8Array;
}

/** What VMware's Windows programs write where a file names no encoding and the system is a Western one. */
const GUESS = 'windows-1252';
/** What new files are written in. */
export const UTF8: TextEncoding = { declared: null, readAs: 'utf-8', guessed: false, mark: new Uint8Array(0) };
const UTF8_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);
const ESCAPE = 0x1b;
const NAME = /^[ \t]*\.?encoding[ \t]*=[ \t]*"?([^"\r\n#]{0,64})/im;

/**
 * Finds out how a text file is encoded: by its byte order mark, by the name it gives itself, else UTF-8.
 *
 * @param file name for errors
 * @param lenient takes a name that is not known for UTF-8
 * @throws HypervisorError NOT_SUPPORTED when it names an encoding that is not known here and is not plain ASCII
 */
export function encodingOf(bytes: Uint8Array, file: string, lenient = false): TextEncoding {
  const none = new Uint8Array(0);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return marked('utf-16le', bytes.slice(0, 2));
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return marked('utf-16be', bytes.slice(0, 2));
  const wide = wideEncodingOf(bytes);
  if (wide !== null) return marked(wide, none);
  if (UTF8_MARK.every((byte, index) => bytes[index] === byte)) return marked('utf-8', UTF8_MARK);
  const declared = NAME.exec(iconv.decode(bytes, 'latin1'))?.[1]?.trim() || null;
  if (declared === null) {
    const guessed = !isUtf8(bytes);
    return { declared, readAs: guessed ? GUESS : 'utf-8', guessed, mark: none };
  }
  const readAs = knownName(declared);
  if (readAs !== null) return { declared, readAs, guessed: false, mark: none };
  if (lenient) return { declared, readAs: 'utf-8', guessed: true, mark: none };
  // ISO-2022 writes everything in ASCII, and changes its meaning by ESC.
  if (bytes.every((byte) => byte < 0x80 && byte !== ESCAPE)) {
    return { declared, readAs: 'ascii', guessed: false, mark: none };
  }
  throw notSupported(
    'encoding',
    `${file} says that its encoding is ${declared}, which is not known here. Read it with the program that wrote it.`,
  );
}

/**
 * Decodes a text without its byte order mark.
 *
 * @param lenient reads bytes that do not fit as U+FFFD where the file is UTF-8; otherwise they are refused
 * @throws HypervisorError FILE_DAMAGED with the line, when the text is not in the encoding that the file names
 */
export function decodeBytes(bytes: Uint8Array, encoding: TextEncoding, file: string, lenient = false): string {
  const content = bytes.subarray(encoding.mark.length);
  if (isWide(encoding) && content.length % 2 !== 0 && !lenient) {
    throw fileDamaged(file, 'the text is of two bytes a character, and ends with half of one');
  }
  if (encoding.readAs !== 'utf-8') return iconv.decode(content, encoding.readAs, { stripBOM: false });
  if (lenient) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(content);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw fileDamaged(file, 'the text is not UTF-8, though the file says so', lineOfBadText(content));
  }
}

/**
 * Encodes a piece of text for a file in that encoding.
 *
 * @throws HypervisorError INVALID_ARGUMENT when the encoding lacks one of its characters
 */
export function encodeText(text: string, { readAs }: TextEncoding): Uint8Array {
  const bytes = new Uint8Array(iconv.encode(text, readAs, { addBOM: false }));
  if (iconv.decode(bytes, readAs, { stripBOM: false }) !== text) {
    throw invalidArgument('text', `The text holds a character that the file's encoding, ${readAs}, does not have.`);
  }
  return bytes;
}

/**
 * The form of UTF-16 in which a text begins without a byte order mark; null where it is none. Its first characters are
 * of ASCII, as those of a dictionary or a descriptor are.
 */
export function wideEncodingOf(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes;
  if (bytes.length % 2 !== 0) return null;
  if (first !== 0 && second === 0 && third !== 0 && fourth === 0) return 'utf-16le';
  if (first === 0 && second !== 0 && third === 0 && fourth !== 0) return 'utf-16be';
  return null;
}

/** Says whether a character of ASCII has two bytes. */
export function isWide({ readAs }: TextEncoding): boolean {
  return readAs.startsWith('utf-16');
}

/** The byte order mark of that encoding; empty for one that has none. */
export function markOf({ readAs }: TextEncoding): Uint8Array {
  if (readAs === 'utf-16le') return Uint8Array.of(0xff, 0xfe);
  return readAs === 'utf-16be' ? Uint8Array.of(0xfe, 0xff) : new Uint8Array(0);
}

function marked(readAs: string, mark: Uint8Array): TextEncoding {
  return { declared: null, readAs, guessed: false, mark };
}

/**
 * VMware writes the names of its ICU library. iconv-lite knows most of them; windows-932 and its like it knows by number.
 */
function knownName(declared: string): string | null {
  const name = declared.toLowerCase();
  if (/^utf-?8$/.test(name)) return 'utf-8';
  // A text that says so of itself in bytes of one each is not what it says.
  if (/^(?:utf|ucs|iso-2022|iso-10646)/.test(name)) return null;
  const page = /^(?:windows|cp|ibm|ms|x-ms-cp)[-_]?(\d{3,5})/.exec(name)?.[1];
  const candidates = [name, name.replaceAll(/[-_]/g, ''), ...(page === undefined ? [] : [`cp${page}`, page])];
  return candidates.find((candidate) => iconv.encodingExists(candidate) && isAsciiBelow(candidate)) ?? null;
}

/** A text in which ASCII is not ASCII (EBCDIC, base64, hex ...) could not have told its encoding. */
function isAsciiBelow(name: string): boolean {
  const ascii = 'encoding = "x" #0Az|';
  return iconv.decode(new TextEncoder().encode(ascii), name) === ascii;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function lineOfBadText(bytes: Uint8Array): number {
  let line = 1;
  let start = 0;
  while (start < bytes.length) {
    const lineFeed = bytes.indexOf(0x0a, start);
    const end = lineFeed < 0 ? bytes.length : lineFeed;
    if (!isUtf8(bytes.subarray(start, end))) return line;
    line += 1;
    start = end + 1;
  }
  return line;
}
