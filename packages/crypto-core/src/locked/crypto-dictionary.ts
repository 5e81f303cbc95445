import { assert } from '../assert.js';
import { CryptoError } from '../errors.js';
import { secretBuffer } from '../secret-buffer.js';
import { decodeBase64, encodeBase64 } from './base64-bytes.js';

/*
 * The crypto dictionary: what stands inside locked data (facts/vsphere-encryption.md section 4).
 *
 *   type=key:cipher=XTS-AES-256:key=<base64 of 64 bytes, '=' as %3d>[:field=value]...
 *
 * ASCII. `:` ends a field, `=` its name; every byte that could be mistaken for either is `%xx`, lowercase hex. The first
 * three fields come in this order, as in VMware's own dictionaries. What ESXi puts after them is unpublished: the
 * fields that bind the key to its disk are ours.
 */

/** Public facts that are sealed with a key so that nobody can edit them: cipher, unit size, UUIDs, generation. */
export type KeyBinding = Readonly<Record<string, string>>;

/** The one cipher whose keys we seal. */
export const KEY_CIPHER = 'XTS-AES-256';

const FIELD_NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;
const HEAD_FIELDS = ['type', 'cipher', 'key'];
const [COLON, EQUALS, PERCENT] = [0x3a, 0x3d, 0x25];

/**
 * Builds a dictionary, as bytes throughout.
 *
 * @param key 64 bytes, Key1 || Key2
 * @param binding names start with a letter and have letters, digits, `.`, `_`, `-`; values are any text
 * @returns a secret buffer; the caller zeroes it
 */
export function buildCryptoDictionary(key: Uint8Array, binding: KeyBinding): Uint8Array {
  const tail = Object.entries(binding).map(([name, value]) => {
    assert(FIELD_NAME.test(name) && !HEAD_FIELDS.includes(name), `"${name}" cannot name a field of a key binding`);
    return `:${name}=${percentEncode(value)}`;
  });
  const head = new TextEncoder().encode(`type=key:cipher=${KEY_CIPHER}:key=`);
  const bound = new TextEncoder().encode(tail.join(''));
  const digits = encodeBase64(key);
  const text = secretBuffer(head.length + digits.length * 3 + bound.length);
  try {
    text.set(head);
    let at = head.length;
    for (const digit of digits) {
      text[at++] = digit === EQUALS ? PERCENT : digit;
      if (digit === EQUALS) {
        text.set([0x33, 0x64], at); // '3d'
        at += 2;
      }
    }
    text.set(bound, at);
    return text.slice(0, at + bound.length);
  } finally {
    digits.fill(0);
    text.fill(0);
  }
}

/**
 * Reads a dictionary that {@link buildCryptoDictionary} wrote.
 *
 * @returns the key in a secret buffer, which the caller zeroes, and the binding
 * @throws CryptoError LOCKED_DATA_MALFORMED, naming the part but never its bytes
 */
export function parseCryptoDictionary(text: Uint8Array): { key: Uint8Array; binding: KeyBinding } {
  const fields = splitAt(text, COLON).map(readField);
  const names = fields.map(({ name }) => name);
  if (HEAD_FIELDS.some((name, index) => names[index] !== name) || new Set(names).size !== names.length) {
    throw malformed('its fields do not start with type, cipher, key, or one occurs twice');
  }
  const [type, cipher, keyField, ...bound] = fields;
  assert(type !== undefined && cipher !== undefined && keyField !== undefined, 'the head fields were just found');
  if (readText(type.value) !== 'key' || readText(cipher.value) !== KEY_CIPHER) {
    throw malformed(`it does not hold a key for ${KEY_CIPHER}`);
  }
  const binding = Object.fromEntries(bound.map(({ name, value }) => [name, readText(value)]));
  return { key: readKey(keyField.value), binding };
}

function readKey(value: Uint8Array): Uint8Array {
  const digits = percentDecode(value);
  try {
    const key = decodeBase64(digits);
    if (key?.length === 64) return key;
    key?.fill(0);
    throw malformed('its key is not 64 bytes in base64');
  } finally {
    digits.fill(0);
  }
}

function readField(field: Uint8Array): { name: string; value: Uint8Array } {
  const end = field.indexOf(EQUALS);
  const name = String.fromCharCode(...field.subarray(0, Math.max(end, 0)));
  if (!FIELD_NAME.test(name)) throw malformed('a field has no name');
  return { name, value: field.subarray(end + 1) };
}

function readText(value: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(percentDecode(value));
  } catch (cause) {
    if (cause instanceof CryptoError) throw cause;
    throw malformed('a value is not UTF-8');
  }
}

/** Letters, digits and the marks of names and base64 stay; every other UTF-8 byte becomes `%xx`. */
function percentEncode(value: string): string {
  return Array.from(new TextEncoder().encode(value), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9+/._-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}

/** Undoes {@link percentEncode} in a secret buffer of its own, which the caller zeroes where it matters. */
function percentDecode(value: Uint8Array): Uint8Array {
  const bytes = secretBuffer(value.length);
  let length = 0;
  for (let at = 0; at < value.length; at++) {
    const byte = value.subarray(at, at + 1);
    if (byte[0] !== PERCENT) {
      bytes.set(byte, length++);
      continue;
    }
    const hex = String.fromCharCode(...value.subarray(at + 1, at + 3));
    if (!/^[0-9a-f]{2}$/.test(hex)) {
      bytes.fill(0);
      throw malformed('an escape is not % and two lowercase hex digits');
    }
    bytes[length++] = Number.parseInt(hex, 16);
    at += 2;
  }
  return bytes.subarray(0, length);
}

function splitAt(text: Uint8Array, separator: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let start = 0;
  for (let end = text.indexOf(separator); end !== -1; end = text.indexOf(separator, start)) {
    parts.push(text.subarray(start, end));
    start = end + 1;
  }
  parts.push(text.subarray(start));
  return parts;
}

function malformed(why: string): CryptoError {
  return new CryptoError(
    'LOCKED_DATA_MALFORMED',
    `The sealed data is genuine but is not a crypto dictionary of ours: ${why}. Another program or version wrote it.`,
  );
}
