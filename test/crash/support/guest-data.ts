// What a guest wrote: every 16 bytes begin with a mark that shows wherever they are in clear, and differ from all others.
const BLOCK_BYTES = 16;
const MARK = Buffer.from('IN CLEAR');

/** `lengthBytes` of a guest's data; another salt gives other data. */
export function guestData(lengthBytes: number, salt: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < lengthBytes; at += BLOCK_BYTES) {
    bytes.set(MARK, at);
    view.setUint32(at + 8, salt);
    view.setUint32(at + 12, at);
  }
  return bytes;
}

/** Whether any of it is there in clear. */
export function isInClear(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(MARK);
}
