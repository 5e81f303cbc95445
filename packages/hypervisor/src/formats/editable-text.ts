import { assert } from '@vcryptsim/ports';
import { encodeText, isWide, markOf, type TextEncoding, UTF8, wideEncodingOf } from './text-encoding.js';
import { cutLines, type DecodedText, decodeTextFile, splitLines } from './text-lines.js';

/** The end mark of a text file of DOS, one byte behind the last line. */
const DOS_END = '\u001a';

/** Where in a line something lies, in UTF-16 code units. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One line of an {@link EditableText}. Only its text changes it. */
export interface EditableLine {
  /** As it is now, without its end. */
  readonly text: string;
  /** In the file that was read, from 1; undefined of a line that was added. */
  readonly number: number | undefined;
}

interface Line extends EditableLine {
  text: string;
  readonly end: string;
  /** Its bytes without its end, once they are not those that were read. */
  bytes: Uint8Array | null;
  removed: boolean;
  next: Line | null;
}

/**
 * A text file whose lines can be changed, added and taken out while every other byte stays: the encoding, a byte order
 * mark, the end of each line, and bytes that the encoding does not have (row S21).
 *
 * One thing cannot stay: a blank line that ends with LF, after a line that ends with CR alone, becomes that line's end when
 * all that stood between them is taken out.
 *
 * What qemu-img leaves behind the text (NULs up to a whole sector, and pieces of an older, longer text among them) is
 * kept as long as nothing is changed. An edited file ends with its text: those pieces may be of an older bundle, and the
 * file that replaces it must not carry them on. qemu-img reads descriptors of any length.
 */
export class EditableText {
  readonly encoding: TextEncoding;
  /** The whole file; null of a text that was not read from bytes. */
  readonly #file: Uint8Array | null;
  /** The bytes of the lines: without mark, DOS end and padding. */
  readonly #source: Uint8Array | null;
  readonly #tail: string;
  readonly #lines: readonly Line[];
  readonly #first: Line;
  #last: Line;
  /** The line end of most use: the first of the file. */
  readonly #usualEnd: string;
  #cut: readonly Uint8Array[] | null = null;

  private constructor({ text, encoding, bytes }: DecodedText, file: Uint8Array | null) {
    this.encoding = encoding;
    this.#file = file;
    this.#tail = text.endsWith(DOS_END) ? DOS_END : '';
    this.#source =
      file === null ? null : bytes.subarray(encoding.mark.length, bytes.length - this.#tail.length * widthOf(encoding));
    const { lines, ends } = splitLines(text.slice(0, text.length - this.#tail.length));
    this.#usualEnd = ends.find((end) => end !== '') ?? '\n';
    this.#first = { text: '', number: undefined, end: '', bytes: null, removed: true, next: null };
    this.#last = this.#first;
    this.#lines = lines.map((line, index) => this.#push(line, index + 1, ends[index] ?? ''));
  }

  /**
   * Reads a file, in whatever encoding it says.
   *
   * @param file name for errors
   * @param lenient takes bytes and encodings that are not known, see {@link decodeTextFile}
   * @throws HypervisorError FILE_DAMAGED, NOT_SUPPORTED
   */
  static read(bytes: Uint8Array, file: string, lenient = false): EditableText {
    return new EditableText(decodeTextFile(bytes, file, lenient), bytes);
  }

  /** A text that is decoded already, or a new one; UTF-8 when it is written. */
  static of(text: string): EditableText {
    return new EditableText({ text, encoding: UTF8, bytes: new Uint8Array(0) }, null);
  }

  /** The lines that were read, in their order. */
  get linesRead(): readonly EditableLine[] {
    return this.#lines;
  }

  /**
   * Puts other text in a place of a line.
   *
   * @param find where the place lies; it is asked of the line's text and of its bytes, one character each, so it may look
   *   for ASCII alone
   * @throws HypervisorError INVALID_ARGUMENT when the file's encoding lacks a character; nothing is changed then
   */
  replace(line: EditableLine, find: (text: string) => Span, replacement: string): void {
    const own = ours(line);
    const encoded = encodeText(replacement, this.encoding);
    const bytes = own.bytes ?? this.#bytesRead(own);
    const { from, to } = find(own.text);
    const text = own.text.slice(0, from) + replacement + own.text.slice(to);
    if (bytes === null) {
      own.bytes = encodeText(text, this.encoding);
    } else {
      const width = widthOf(this.encoding);
      const place = find(asCharacters(bytes, this.encoding));
      const [before, after] = [bytes.subarray(0, place.from * width), bytes.subarray(place.to * width)];
      own.bytes = new Uint8Array(Buffer.concat([before, encoded, after]));
    }
    own.text = text;
  }

  /**
   * Adds a line at the end, or after another one.
   *
   * @throws HypervisorError INVALID_ARGUMENT when the file's encoding lacks a character; nothing is changed then
   */
  add(text: string, after?: EditableLine): EditableLine {
    const bytes = encodeText(text, this.encoding);
    const anchor = after === undefined ? this.#last : ours(after);
    const end = anchor.end === '' ? this.#usualEnd : anchor.end;
    const line: Line = { text, number: undefined, end, bytes, removed: false, next: anchor.next };
    anchor.next = line;
    if (anchor === this.#last) this.#last = line;
    return line;
  }

  /** Takes a line out, with its end; the others keep their bytes and their numbers. */
  remove(line: EditableLine): void {
    ours(line).removed = true;
  }

  /** The file as text. */
  toText(): string {
    const lines = this.#present();
    const last = lines.length - 1;
    return lines.map((line, index) => line.text + this.#endOf(line, index === last)).join('') + this.#tail;
  }

  /** The file as bytes: of every line that was not changed, the very bytes that were read. */
  toBytes(): Uint8Array {
    const lines = this.#present();
    if (this.#file !== null && this.#isAsRead(lines)) return this.#file.slice();
    const last = lines.length - 1;
    const pieces = lines.flatMap((line, index) => {
      const end = this.#endOf(line, index === last);
      const bytes = line.bytes ?? this.#bytesRead(line) ?? encodeText(line.text, this.encoding);
      return [bytes, encodeText(end, this.encoding)];
    });
    const content = Buffer.concat([...pieces, encodeText(this.#tail, this.encoding)]);
    return new Uint8Array(Buffer.concat([this.#markFor(content), content]));
  }

  /** UTF-16 without a mark is known by its first characters. Where those are other ones now, it needs one. */
  #markFor(content: Uint8Array): Uint8Array {
    const { mark, readAs } = this.encoding;
    return isWide(this.encoding) && mark.length === 0 && wideEncodingOf(content) !== readAs
      ? markOf(this.encoding)
      : mark;
  }

  #push(text: string, number: number, end: string): Line {
    const line: Line = { text, number, end, bytes: null, removed: false, next: null };
    this.#last.next = line;
    this.#last = line;
    return line;
  }

  #present(): readonly Line[] {
    const lines: Line[] = [];
    for (let line: Line | null = this.#first; line !== null; line = line.next) if (!line.removed) lines.push(line);
    return lines;
  }

  /** Only the last line may have no end. */
  #endOf(line: Line, isLast: boolean): string {
    return line.end === '' && !isLast ? this.#usualEnd : line.end;
  }

  #isAsRead(lines: readonly Line[]): boolean {
    return (
      lines.length === this.#lines.length && lines.every(({ number, bytes }) => number !== undefined && bytes === null)
    );
  }

  /** Null where text and bytes cannot be laid side by side: broken characters that swallowed a line end. */
  #bytesRead({ number, end }: Line): Uint8Array | null {
    if (this.#source === null || number === undefined) return null;
    this.#cut ??= cutLines(this.#source, this.encoding);
    if (this.#cut.length !== this.#lines.length) return null;
    const piece = this.#cut[number - 1];
    assert(piece !== undefined, 'there are as many pieces as lines');
    return piece.subarray(0, piece.length - end.length * widthOf(this.encoding));
  }
}

/** Lines are made here and nowhere else. */
function ours(line: EditableLine): Line {
  return line as Line;
}

/** Bytes of an ASCII character. */
function widthOf(encoding: TextEncoding): 1 | 2 {
  return isWide(encoding) ? 2 : 1;
}

/** A line's bytes, as many to a character as one of ASCII has. No second byte of two is a mark of a dictionary. */
function asCharacters(bytes: Uint8Array, { readAs }: TextEncoding): string {
  if (readAs === 'utf-16le') return Buffer.from(bytes).toString('utf16le');
  if (readAs === 'utf-16be')
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le');
  return Buffer.from(bytes).toString('latin1');
}
