import { type LocalChannel, NetworkError } from '@vcryptsim/ports';

/*
 * What is spoken over DIR/admin.sock: lines of JSON in UTF-8, each ended by a newline. The client sends a request, the
 * server its answer, and so on, in turn; the client ends it by closing.
 *
 *   request   {"action":"key.show","id":"5f6d..."}            fields of each action: admin-request.ts
 *   answer    {"ok":true,"answer":{...}}
 *   refusal   {"ok":false,"code":"OBJECT_NOT_FOUND","message":"...","nextStep":"..."}
 *
 * Who may open the socket (mode 0600) is the administrator. Key bytes are in no line.
 */

/** No request is longer: a certificate of 16 KiB in base64 is the most that one holds. */
export const REQUEST_BYTES_MAX = 64 * 1024;
/** A list of a million keys fits. */
export const ANSWER_BYTES_MAX = 512 * 1024 * 1024;

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

/** Sends one line. */
export function writeLine(channel: LocalChannel, value: unknown): Promise<void> {
  return channel.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}
