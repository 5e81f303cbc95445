/**
 * A TTLV writer of its own, after KMIP 1.1 section 9.1, so that what vCenter sends is held against bytes that its own
 * library did not make.
 */
export function structure(tag: string, ...children: string[]): string {
  return item(tag, '01', children.join(''));
}

export function integer(tag: string, value: number): string {
  return item(tag, '02', value.toString(16).padStart(8, '0'));
}

export function enumeration(tag: string, value: number): string {
  return item(tag, '05', value.toString(16).padStart(8, '0'));
}

export function text(tag: string, value: string): string {
  return item(tag, '07', Buffer.from(value).toString('hex'));
}

export function byteString(tag: string, hex: string): string {
  return item(tag, '08', hex);
}

function item(tag: string, type: string, value: string): string {
  const lengthBytes = value.length / 2;
  return tag + type + lengthBytes.toString(16).padStart(8, '0') + value + '00'.repeat((8 - (lengthBytes % 8)) % 8);
}
