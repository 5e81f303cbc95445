const BLOCK_SIZE_BYTES = 512;

/** What the first header of a tar archive says. */
export interface TarHeader {
  /** Name of the first member. */
  readonly name: string;
  /** `x` and `g` are pax headers: the member's own name comes later. */
  readonly type: string;
}

/**
 * Reads the first block of a file as a tar header: ustar, pax and GNU by their magic, the old v7 form by its checksum
 * alone (POSIX.1-1988 section 10.1.1).
 *
 * @returns null when it is none
 */
export function tarHeaderOf(head: Uint8Array): TarHeader | null {
  if (head.length < BLOCK_SIZE_BYTES) return null;
  const block = head.subarray(0, BLOCK_SIZE_BYTES);
  const text = (start: number, end: number): string =>
    Buffer.from(block.subarray(start, end)).toString('latin1').split('\0', 1)[0] ?? '';
  const name = text(0, 100);
  const checksum = /^ *([0-7]{1,7})[ \0]*$/.exec(text(148, 156));
  if (name === '' || checksum === null) return null;
  const asBlanks = block.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  if (Number.parseInt(checksum[1] ?? '', 8) !== asBlanks) return null;
  return { name, type: text(156, 157) };
}
