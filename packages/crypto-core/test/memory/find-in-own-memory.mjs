// Counts the copies of a secret in this process's own memory without making one: the needle is kept masked, and the
// scan's buffer is zeroed before every read, so that it never finds itself. Linux only.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const CHUNK_BYTES = 1 << 20;

/**
 * @param masked the secret XOR the mask
 * @param mask as long as the secret
 * @param partBytes the secret is looked for in parts of this length, because an expanded key is not in one piece
 * @returns how often each part stands in writable memory
 */
export function findInOwnMemory(masked, mask, partBytes) {
  const buffer = new Uint8Array(new ArrayBuffer(CHUNK_BYTES));
  const copies = Array.from({ length: masked.length / partBytes }, () => 0);
  const memory = openSync('/proc/self/mem', 'r');
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const range = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
    if (range === null) continue;
    const [start, end] = [BigInt(`0x${range[1]}`), BigInt(`0x${range[2]}`)];
    for (let at = start; at < end; at += BigInt(CHUNK_BYTES - partBytes + 1)) {
      buffer.fill(0);
      const length = readAt(memory, buffer, at, end);
      for (const part of copies.keys())
        copies[part] += count(buffer, length, masked, mask, part * partBytes, partBytes);
    }
  }
  buffer.fill(0);
  closeSync(memory);
  return copies;
}

function readAt(memory, buffer, at, end) {
  const length = end - at < BigInt(buffer.length) ? Number(end - at) : buffer.length;
  try {
    return readSync(memory, buffer, 0, length, at);
  } catch {
    return 0; // a guard page, or a mapping that went away since the list was read
  }
}

function count(bytes, length, masked, mask, from, partBytes) {
  // The first byte alone is no secret worth hiding, and lets the search run at memory speed.
  const first = masked[from] ^ mask[from];
  let copies = 0;
  for (let at = bytes.indexOf(first); at !== -1 && at + partBytes <= length; at = bytes.indexOf(first, at + 1)) {
    let index = 1;
    while (index < partBytes && (bytes[at + index] ^ mask[from + index]) === masked[from + index]) index++;
    if (index === partBytes) copies++;
  }
  return copies;
}
