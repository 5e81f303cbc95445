import { assert, type SectorCount } from '@vcryptsim/ports';
import { bareValue, replaceValue } from './dictionary-line.js';
import { type EditableLine, EditableText, type Span } from './editable-text.js';
import { isFileName } from './file-name.js';
import { parseDescriptor } from './vmdk-descriptor.js';

/** The header entries without which it is no descriptor. */
const REQUIRED = ['version', 'cid', 'parentcid', 'createtype'];
/** Header entries that are written without quotes: numbers, all of them. */
const BARE = ['version', 'cid', 'parentcid', 'keyid'];
const HEADER_KEY = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const DDB_KEY = /^[A-Za-z][A-Za-z0-9._]{0,63}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a value has no escapes, so these cannot be in one
const VALUE = /^[^"\u0000-\u001f\u007f]*$/;
const FILTERS = 'iofilters';

interface Entry {
  readonly line: EditableLine;
  readonly value: string;
}

/**
 * Changes what must change in somebody's descriptor and keeps everything else byte for byte: unknown keys, order,
 * comments, blank lines, line ends, encoding, spelling (row S21). See {@link EditableText} for what qemu-img leaves
 * behind the text.
 *
 * New header lines go after `createType`, and after `CID` and `parentCID` where those come later: qemu-img takes the
 * first text `CID` that it meets, and a bundle may hold these letters. New `ddb` lines go to the end of the disk database.
 */
export class DescriptorEditor {
  readonly #text: EditableText;
  /** By lower-case key. */
  readonly #header = new Map<string, Entry>();
  /** By key as it is spelt, without `ddb.` */
  readonly #ddb = new Map<string, Entry>();
  readonly #extent: EditableLine | null;
  #lastHeader: EditableLine;
  #lastDdb: EditableLine | undefined;

  constructor(bytes: Uint8Array, file: string) {
    this.#text = EditableText.read(bytes, file);
    const descriptor = parseDescriptor(this.#text.toText(), file);
    const lineOf = (key: string): EditableLine => {
      const line = this.#text.linesRead[(descriptor.lineOf(key) ?? 0) - 1];
      assert(line !== undefined, 'an entry that was read has a line');
      return line;
    };
    for (const [key, value] of descriptor.header) this.#header.set(key, { line: lineOf(key), value });
    for (const [key, value] of descriptor.ddb) this.#ddb.set(key, { line: lineOf(`ddb.${key}`), value });
    this.#extent = descriptor.extents.length === 1 ? lineOf('extent') : null;
    this.#lastHeader = lastOf(REQUIRED.map(lineOf));
    this.#lastDdb = this.#ddb.size === 0 ? undefined : lastOf([...this.#ddb.values()].map(({ line }) => line));
  }

  /** The value of a header entry (without regard to case), or undefined. */
  header(key: string): string | undefined {
    return this.#header.get(key.toLowerCase())?.value;
  }

  /** The value of an entry of the disk database, or undefined. */
  ddb(key: string): string | undefined {
    return this.#ddb.get(key)?.value;
  }

  /**
   * Changes the value of a header entry, or adds one: `CID`, `keyID`, `encryptionKeys` ...
   *
   * @throws HypervisorError INVALID_ARGUMENT when the file's encoding lacks a character of the value
   */
  setHeader(key: string, value: string): void {
    assert(HEADER_KEY.test(key) && VALUE.test(value), `not a header entry of a descriptor: ${key}`);
    const name = key.toLowerCase();
    const known = this.#header.get(name);
    if (known !== undefined) {
      this.#replace(known, value);
      this.#header.set(name, { line: known.line, value });
      return;
    }
    const written = BARE.includes(name) ? bareValue(value) : `"${value}"`;
    this.#lastHeader = this.#text.add(`${key}=${written}`, this.#lastHeader);
    this.#header.set(name, { line: this.#lastHeader, value });
  }

  /** Takes a header entry out. */
  removeHeader(key: string): void {
    const name = key.toLowerCase();
    assert(!REQUIRED.includes(name), `${key} is what makes it a descriptor`);
    this.#remove(this.#header, name);
  }

  /**
   * Changes the value of an entry of the disk database, or adds one.
   *
   * @param key without `ddb.`: `vmcrypt.cipher`
   * @throws HypervisorError INVALID_ARGUMENT when the file's encoding lacks a character of the value
   */
  setDdb(key: string, value: string): void {
    assert(DDB_KEY.test(key) && VALUE.test(value), `not an entry of a disk database: ${key}`);
    const known = this.#ddb.get(key);
    if (known !== undefined) {
      this.#replace(known, value);
      this.#ddb.set(key, { line: known.line, value });
      return;
    }
    this.#lastDdb = this.#text.add(`ddb.${key} = "${value}"`, this.#lastDdb);
    this.#ddb.set(key, { line: this.#lastDdb, value });
  }

  /** Takes an entry of the disk database out. */
  removeDdb(key: string): void {
    this.#remove(this.#ddb, key);
  }

  /** Adds an IO filter behind those that are there (`ddb.iofilters`, comma-separated). */
  addFilter(name: string): void {
    assert(/^[A-Za-z0-9_.-]+$/.test(name), `not the name of an IO filter: ${name}`);
    const filters = this.ddb(FILTERS) ?? '';
    if (namesIn(filters).includes(name)) return;
    this.setDdb(FILTERS, filters.trim() === '' ? name : `${filters},${name}`);
  }

  /** Takes an IO filter out and leaves the others; with the last one the whole entry goes. */
  removeFilter(name: string): void {
    const filters = this.ddb(FILTERS) ?? '';
    if (!namesIn(filters).includes(name)) return;
    const others = filters.split(',').filter((one) => one.trim() !== name);
    if (others.length === 0) this.removeDdb(FILTERS);
    else this.setDdb(FILTERS, others.join(','));
  }

  /**
   * Gives the one extent another file; access word, sectors, type, offset and blanks stay.
   *
   * @throws HypervisorError INVALID_ARGUMENT when the file's encoding lacks a character of the name
   */
  renameExtent(fileName: string): void {
    assert(isFileName(fileName), 'an extent is a file of the same folder');
    assert(this.#extent?.text.includes('"') === true, 'only the file of one extent can be renamed');
    this.#text.replace(this.#extent, quotedSpan, fileName);
  }

  /**
   * Gives the one extent another size, and the disk database the cylinders that go with it where it tells heads and sectors.
   */
  resizeExtent(sectors: SectorCount): void {
    assert(this.#extent !== null, 'only one extent can be resized');
    this.#text.replace(this.#extent, sectorsSpan, String(sectors));
    const track = Number(this.ddb('geometry.heads') ?? 0) * Number(this.ddb('geometry.sectors') ?? 0);
    if (!(track > 0) || this.ddb('geometry.cylinders') === undefined) return;
    this.setDdb('geometry.cylinders', String(Math.min(65_535, Math.max(1, Math.floor(sectors / track)))));
  }

  /** The file as bytes: where nothing was changed, the very bytes that were read. */
  toBytes(): Uint8Array {
    return this.#text.toBytes();
  }

  #replace(entry: Entry, value: string): void {
    if (entry.value !== value) replaceValue(this.#text, entry.line, value);
  }

  #remove(entries: Map<string, Entry>, key: string): void {
    const known = entries.get(key);
    if (known === undefined) return;
    entries.delete(key);
    this.#text.remove(known.line);
  }
}

/**
 * Reads a descriptor to change it.
 *
 * @param file name for errors
 * @throws HypervisorError FILE_DAMAGED with the line number, NOT_SUPPORTED: what {@link parseDescriptor} refuses
 */
export function editDescriptor(bytes: Uint8Array, file: string): DescriptorEditor {
  return new DescriptorEditor(bytes, file);
}

function namesIn(filters: string): string[] {
  return filters.split(',').map((name) => name.trim());
}

/** The number of sectors of an extent line: its second word. */
function sectorsSpan(line: string): Span {
  const [, before = '', sectors = ''] = /^(\s*[A-Za-z]+\s+)([0-9]+)/.exec(line) ?? [];
  return { from: before.length, to: before.length + sectors.length };
}

/** What the first pair of double quotes holds. */
function quotedSpan(line: string): Span {
  const from = line.indexOf('"') + 1;
  return { from, to: line.indexOf('"', from) };
}

function lastOf([first, ...more]: readonly EditableLine[]): EditableLine {
  assert(first !== undefined, 'there is a line');
  return more.reduce((last, line) => ((line.number ?? 0) > (last.number ?? 0) ? line : last), first);
}
