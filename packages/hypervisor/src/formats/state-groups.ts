import { assert } from '@vcryptsim/ports';
import { fileDamaged } from '../api/faults.js';

const MAGIC = 0xbed2bed2;
const HEADER_BYTES = 12;
const GROUP_BYTES = 80;
const GROUP_NAME_BYTES = 64;
/** Length code of the long form; readers take 62 for the same. */
const LONG_FORM = 63;
const SHORT_MAX_BYTES = 61;
const LONG_FORM_BYTES = 18;
const NAME_MAX_BYTES = 255;
const INDICES_MAX = 3;
/** A real file had 102 groups. */
const GROUPS_MAX = 1024;
const TAGS_MAX = 65_536;

/** Tags of one group, by name; an indexed one as `regionPPN[0]`. */
export type StateGroup = ReadonlyMap<string, Uint8Array>;
/** What a state file holds, by name of the group. */
export type StateGroups = ReadonlyMap<string, StateGroup>;

/**
 * Writes a saved state in the clear form of `.vmsn` and `.vmss` (facts/vsphere-formats.md Q6). Numbers are little endian.
 *
 * | offset | type | field |
 * |---|---|---|
 * | 0 | u32 | magic 0xbed2bed2: lengths of 64 bits |
 * | 4 | u32 | unknown, zero here |
 * | 8 | u32 | number of groups |
 * | then for each group, 80 bytes | | |
 * | 0 | 64 | name, padded with NULs |
 * | 64 | u64 | offset of its tags |
 * | 72 | u64 | length of its tags |
 *
 * A tag: flags (1 byte: bits 7-6 the number of indices, the low six the length of the data), length of the name (1), name,
 * indices (u32 each), data. Code 63 is the long form: length on disk and in memory (u64 each), number of bytes of padding
 * (u16), padding, data. Two NULs end a group.
 *
 * @param groups names of at most 63 bytes, tags of at most 255 with at most three indices behind
 */
export function encodeStateGroups(groups: StateGroups): Uint8Array {
  assert(groups.size <= GROUPS_MAX, 'too many groups');
  const header = new Uint8Array(HEADER_BYTES + GROUP_BYTES * groups.size);
  const view = viewOf(header);
  view.setUint32(0, MAGIC, true);
  view.setUint32(8, groups.size, true);
  const bodies: Uint8Array[] = [];
  let at = header.length;
  [...groups].forEach(([name, tags], index) => {
    const nameBytes = new TextEncoder().encode(name);
    assert(isName(nameBytes, GROUP_NAME_BYTES - 1), `not the name of a group: ${name}`);
    const body = new Uint8Array(Buffer.concat([...[...tags].flatMap(encodeTag), new Uint8Array(2)]));
    const entry = HEADER_BYTES + GROUP_BYTES * index;
    header.set(nameBytes, entry);
    view.setBigUint64(entry + GROUP_NAME_BYTES, BigInt(at), true);
    view.setBigUint64(entry + GROUP_NAME_BYTES + 8, BigInt(body.length), true);
    bodies.push(body);
    at += body.length;
  });
  return new Uint8Array(Buffer.concat([header, ...bodies]));
}

function encodeTag([key, data]: readonly [string, Uint8Array]): Uint8Array[] {
  const [, name = '', brackets = ''] = /^(.*?)((?:\[\d+\])*)$/s.exec(key) ?? [];
  const indices = [...brackets.matchAll(/\d+/g)].map(Number);
  const nameBytes = new TextEncoder().encode(name);
  assert(isName(nameBytes, NAME_MAX_BYTES) && indices.length <= INDICES_MAX, `not the name of a tag: ${key}`);
  const isLong = data.length > SHORT_MAX_BYTES;
  const head = Uint8Array.of((indices.length << 6) | (isLong ? LONG_FORM : data.length), nameBytes.length);
  const numbers = new Uint8Array(4 * indices.length + (isLong ? LONG_FORM_BYTES : 0));
  const view = viewOf(numbers);
  indices.forEach((value, index) => {
    assert(value < 2 ** 32, `not an index: ${key}`);
    view.setUint32(4 * index, value, true);
  });
  if (isLong) {
    view.setBigUint64(4 * indices.length, BigInt(data.length), true);
    view.setBigUint64(4 * indices.length + 8, BigInt(data.length), true);
  }
  return [head, nameBytes, numbers, data];
}

/**
 * Reads what {@link encodeStateGroups} wrote, in time linear in its length: at most 1,024 groups and 65,536 tags. Data are
 * views of the bytes.
 *
 * @param file name for errors
 * @throws HypervisorError FILE_DAMAGED
 */
export function decodeStateGroups(bytes: Uint8Array, file: string): StateGroups {
  const view = viewOf(bytes);
  if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) {
    throw fileDamaged(file, 'it does not begin as a saved state does');
  }
  const count = view.getUint32(8, true);
  if (count > GROUPS_MAX) throw fileDamaged(file, `it claims ${count} groups`);
  const bodyAt = HEADER_BYTES + GROUP_BYTES * count;
  if (bodyAt > bytes.length) throw fileDamaged(file, 'it ends within its list of groups');
  const groups = new Map<string, StateGroup>();
  const budget = { tags: TAGS_MAX };
  for (let entry = HEADER_BYTES; entry < bodyAt; entry += GROUP_BYTES) {
    const field = bytes.subarray(entry, entry + GROUP_NAME_BYTES);
    const end = field.indexOf(0);
    const name = end > 0 && field.subarray(end).every((byte) => byte === 0) ? nameOf(field.subarray(0, end)) : null;
    if (name === null || groups.has(name)) throw fileDamaged(file, 'a group has no name, or the name of another');
    const at = view.getBigUint64(entry + GROUP_NAME_BYTES, true);
    if (at < bodyAt || at >= bytes.length) throw fileDamaged(file, `the group ${name} lies outside the file`);
    groups.set(name, new TagReader(bytes, Number(at), file, budget).readAll());
  }
  return groups;
}

/** Reads the tags of one group, and never behind the end of the file. */
class TagReader {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    private at: number,
    readonly file: string,
    readonly budget: { tags: number },
  ) {
    this.#view = viewOf(bytes);
  }

  readAll(): StateGroup {
    const tags = new Map<string, Uint8Array>();
    for (;;) {
      const flags = this.#uint8();
      const nameBytes = this.#take(this.#uint8());
      if (flags === 0 && nameBytes.length === 0) return tags;
      const name = nameOf(nameBytes);
      const indices = Array.from({ length: flags >> 6 }, () => `[${this.#uint32()}]`).join('');
      const key = `${name}${indices}`;
      if (name === null || /\]$/.test(name) || tags.has(key)) {
        throw fileDamaged(this.file, 'a tag has no name, or the name of another');
      }
      this.budget.tags -= 1;
      if (this.budget.tags < 0) throw fileDamaged(this.file, `it has more than ${TAGS_MAX} tags`);
      tags.set(key, this.#data(flags & 0x3f, key));
    }
  }

  #data(code: number, key: string): Uint8Array {
    if (code <= SHORT_MAX_BYTES) return this.#take(code);
    const onDisk = this.#uint64();
    const inMemory = this.#uint64();
    if (onDisk !== inMemory) throw fileDamaged(this.file, `the tag ${key} is packed, which is not read here`);
    const padding = this.#take(2);
    this.#take((padding[0] ?? 0) + 256 * (padding[1] ?? 0));
    return this.#take(onDisk);
  }

  #take(lengthBytes: number): Uint8Array {
    const from = this.at;
    if (lengthBytes > this.bytes.length - from) throw fileDamaged(this.file, 'it ends within a tag');
    this.at += lengthBytes;
    return this.bytes.subarray(from, this.at);
  }

  #uint8(): number {
    return this.#take(1)[0] ?? 0;
  }

  #uint32(): number {
    this.#take(4);
    return this.#view.getUint32(this.at - 4, true);
  }

  #uint64(): number {
    this.#take(8);
    return Number(this.#view.getBigUint64(this.at - 8, true));
  }
}

function isName(bytes: Uint8Array, maxBytes: number): boolean {
  return bytes.length > 0 && bytes.length <= maxBytes && !bytes.includes(0);
}

/** UTF-8 without control characters, or null. */
function nameOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
    return text === '' || /[\u0000-\u001f\u007f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
