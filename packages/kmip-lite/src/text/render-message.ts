import { tagName } from '../message/tag-names.js';
import { describeValue } from './describe-value.js';
import { walkTtlv } from './walk-ttlv.js';

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
      lines.push(`${indent}<unreadable from byte ${one.offsetBytes} on, ${bytes.length - one.offsetBytes} bytes>`);
      continue;
    }
    const value = one.type === 'Structure' ? '' : ` ${one.type} ${describeValue(one)}`;
    lines.push(`${indent}${tagName(one.tag)}${value}`);
  }
  return lines;
}
