import { tagName } from '../message/tag-names.js';
import { describeValue } from './describe-value.js';
import { type Unreadable, type WalkedItem, walkTtlv } from './walk-ttlv.js';

/**
 * The message as a readable tree, one line an item, two blanks a level:
 *
 * ```
 * RequestMessage
 *   RequestHeader
 * ...
 *       Operation Enumeration Get (0x0000000a)
 *       KeyMaterial ByteString <redacted, 32 bytes>
 * ```
 *
 * Key material, passwords, opaque data and byte strings of unknown meaning are redacted always. A message that breaks off
 * or is malformed is shown as far as it can be read, and a last line says where that ended.
 */
export function renderMessage(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (const one of walkTtlv(bytes)) {
    const indent = '  '.repeat(one.depth);
    if ('unreadable' in one) {
      lines.push(indent + endOf(one, bytes.length - one.offsetBytes));
      continue;
    }
    const value = one.type === 'Structure' ? lackOf(one) : ` ${one.type} ${describeValue(one)}`;
    lines.push(`${indent}${tagName(one.tag)}${value}`);
  }
  return lines;
}

function lackOf({ missingBytes, lengthBytes }: WalkedItem): string {
  if (missingBytes === 0) return '';
  return ` <counts ${lengthBytes + missingBytes} bytes, ${missingBytes} more than there are>`;
}

function endOf({ offsetBytes, head }: Unreadable, leftBytes: number): string {
  if (head === null) return `<unreadable from byte ${offsetBytes} on, ${leftBytes} bytes>`;
  const { tag, type, lengthBytes } = head;
  return `${tagName(tag)} ${type} <unreadable from byte ${offsetBytes} on: it counts ${lengthBytes} bytes, more than there are>`;
}
