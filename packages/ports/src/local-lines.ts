import type { LocalChannel } from './local-socket.js';
import { NetworkError } from './network.js';

/*
 * Lines of JSON in UTF-8, each ended by a newline: how programs of one user on one machine talk over a local socket.
 */
const NEWLINE = 0x0a;

/** Reads lines from a local connection. */
export class LineReader {
  readonly #channel: LocalChannel;
  readonly #lineBytesMax: number;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(channel: LocalChannel, lineBytesMax: number) {
    this.#channel = channel;
    this.#lineBytesMax = lineBytesMax;
  }

  /**
   * The next line without its newline, or null when the other side ended.
   *
   * @throws NetworkError RESET, also for a line that is too long
   */
  async next(): Promise<string | null> {
    const pieces: Uint8Array[] = [];
    let lengthBytes = 0;
    for (let piece: Uint8Array | null = this.#rest; piece; piece = await this.#channel.read()) {
      const end = piece.indexOf(NEWLINE);
      const part = end < 0 ? piece : piece.subarray(0, end);
      pieces.push(part);
      lengthBytes += part.length;
      if (lengthBytes > this.#lineBytesMax) throw new NetworkError('RESET', 'a line is too long');
      if (end < 0) continue;
      this.#rest = piece.subarray(end + 1);
      return new TextDecoder().decode(Buffer.concat(pieces));
    }
    return null;
  }
}

/** Sends a value as one line. @throws NetworkError RESET */
export function writeLine(channel: LocalChannel, value: unknown): Promise<void> {
  return channel.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}
