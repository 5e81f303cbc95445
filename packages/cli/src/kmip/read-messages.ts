import { findTrouble, type Trouble } from '@vcryptsim/kmip-lite/text';
import { CliError, EXIT } from '../exit.js';

const HEAD_BYTES = 8;
const PREFIXES: readonly number[] = [0x42, 0x54];

/** One message of a file, and what is wrong with it. */
export interface FoundMessage {
  /** Where it begins, counted from the first byte of all messages. */
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
  /** The first thing that is wrong; its place is counted from the first byte of the message. */
  readonly trouble: Trouble | null;
}

/** The bytes of a capture, and how many hex digits there were if the last one has no partner. */
export interface Capture {
  readonly bytes: Uint8Array;
  readonly oddDigits: number | null;
}

/**
 * The bytes of what somebody kept of a wire: as they were, or as hex digits, with blanks, line ends and `0x` for the
 * reader. A message of KMIP begins with the byte 42 or 54 and goes on with one that is no digit.
 *
 * @param name of the file, for the refusal
 * @throws CliError badInput
 */
export function bytesOfCapture(content: Uint8Array, name: string): Capture {
  const text = new TextDecoder('latin1').decode(content);
  const digits = text.replace(/0x|[\s:,]/gi, '');
  if (digits.length > 0 && /^[0-9a-f]*$/i.test(digits)) {
    // A cut may go through a byte; what is before it can be shown all the same.
    return {
      bytes: Uint8Array.from(Buffer.from(digits, 'hex')),
      oddDigits: digits.length % 2 === 0 ? null : digits.length,
    };
  }
  if (PREFIXES.includes(content[0] ?? 0)) return { bytes: content, oddDigits: null };
  const what = content.length === 0 ? 'is empty' : 'is neither hex digits nor a KMIP message';
  throw new CliError(EXIT.badInput, `${name} ${what}.`, 'Give the bytes of a message, or their hex digits.');
}

/** Cuts bytes into messages by their lengths. Behind one that is malformed nothing can be told apart any more. */
export function messagesIn(bytes: Uint8Array): FoundMessage[] {
  const found: FoundMessage[] = [];
  let offsetBytes = 0;
  while (offsetBytes < bytes.length) {
    const message = bytes.subarray(offsetBytes, offsetBytes + lengthAt(bytes, offsetBytes));
    const trouble = findTrouble(message);
    const isEnd = trouble?.kind === 'malformed';
    found.push({ offsetBytes, bytes: isEnd ? bytes.subarray(offsetBytes) : message, trouble });
    offsetBytes += isEnd ? bytes.length : message.length;
  }
  return found;
}

/** What the message at that place says of its own length; all that is left if it cannot be read. */
function lengthAt(bytes: Uint8Array, offsetBytes: number): number {
  const left = bytes.length - offsetBytes;
  if (left < HEAD_BYTES) return left;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offsetBytes, HEAD_BYTES);
  return HEAD_BYTES + Math.ceil(view.getUint32(4) / 8) * 8;
}
