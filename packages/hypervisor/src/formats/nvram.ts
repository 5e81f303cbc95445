import { fileDamaged } from '../api/faults.js';

const MAGIC = 'VCNVRAM1';
const COUNT_LIMIT = 1024;
const VALUE_LIMIT_BYTES = 65_536;

/** Non-volatile variables of a VM's firmware, by name. */
export type NvramVariables = ReadonlyMap<string, Uint8Array>;

/**
 * Writes the NVRAM of a VM. The real layout is unpublished, ours is:
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 8 | `VCNVRAM1` |
 * | 8 | 2 | number of variables, big endian |
 * | then for each: | | |
 * | 0 | 1 | n, length of the name, UTF-8 |
 * | 1 | n | name |
 * | 1 + n | 4 | length of the value, big endian |
 * | 5 + n | | value |
 *
 * In an encrypted VM this is the plaintext of an encobj (encobj.ts); in a plain VM it is the file.
 */
export function encodeNvram(variables: NvramVariables): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from(MAGIC), uint(variables.size, 2)];
  for (const [name, value] of variables) {
    const nameBytes = new TextEncoder().encode(name);
    parts.push(uint(nameBytes.length, 1), nameBytes, uint(value.length, 4), value);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Says whether bytes begin as a plain NVRAM does. */
export function isPlainNvram(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

/**
 * Reads what {@link encodeNvram} wrote.
 *
 * @param file name for errors
 * @throws HypervisorError FILE_DAMAGED
 */
export function decodeNvram(bytes: Uint8Array, file: string): NvramVariables {
  if (!isPlainNvram(bytes)) throw fileDamaged(file, 'it does not begin as an NVRAM file does');
  let at = MAGIC.length;
  const take = (lengthBytes: number): Uint8Array => {
    if (at + lengthBytes > bytes.length) throw fileDamaged(file, 'the file ends too early');
    at += lengthBytes;
    return bytes.subarray(at - lengthBytes, at);
  };
  const number = (lengthBytes: number): number => take(lengthBytes).reduce((sum, byte) => sum * 256 + byte, 0);
  const count = number(2);
  if (count > COUNT_LIMIT) throw fileDamaged(file, `it claims ${count} variables`);
  const variables = new Map<string, Uint8Array>();
  for (let index = 0; index < count; index += 1) {
    const name = new TextDecoder().decode(take(number(1)));
    const lengthBytes = number(4);
    if (lengthBytes > VALUE_LIMIT_BYTES) throw fileDamaged(file, `the variable ${name} claims ${lengthBytes} bytes`);
    variables.set(name, take(lengthBytes).slice());
  }
  if (at !== bytes.length) throw fileDamaged(file, 'something follows the last variable');
  return variables;
}

function uint(value: number, lengthBytes: number): Uint8Array {
  const bytes = Buffer.alloc(lengthBytes);
  bytes.writeUIntBE(value, 0, lengthBytes);
  return bytes;
}
