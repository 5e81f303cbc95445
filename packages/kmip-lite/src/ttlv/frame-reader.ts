import type { Channel } from '@vcryptsim/ports';
import { TtlvError } from '../errors.js';
import type { Limits } from '../limits.js';
import { HEAD_BYTES } from './reader.js';

const STRUCTURE = 1;

/**
 * Cuts a connection's bytes into messages. A message may come in any chunks and several may come in one. Memory grows
 * with what has come, never with a declared length; every buffer that held message bytes is zeroed when they have moved on.
 */
export class FrameReader {
  readonly #channel: Channel;
  readonly #tag: number;
  readonly #limits: Limits;
  #buffer: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;

  /** @param tag Request Message or Response Message: what every message must be */
  constructor(channel: Channel, tag: number, limits: Limits) {
    this.#channel = channel;
    this.#tag = tag;
    this.#limits = limits;
  }

  /** Bytes that have come and belong to no message that was taken. */
  get leftBytes(): number {
    return this.#to - this.#from;
  }

  /** Waits for the first byte of the next message; false when the peer ended the connection instead. */
  async started(): Promise<boolean> {
    while (this.#from === this.#to) if (!(await this.#more())) return false;
    return true;
  }

  /**
   * The next message, whole, in a buffer of its own that the caller zeroes.
   *
   * @throws TtlvError TRUNCATED when the peer ends inside it; BAD_TAG, BAD_TYPE, BAD_LENGTH or TOO_LARGE as soon as its
   *   head is there
   */
  async next(): Promise<Uint8Array> {
    let wantedBytes = HEAD_BYTES;
    for (;;) {
      const haveBytes = this.#to - this.#from;
      if (haveBytes >= HEAD_BYTES) wantedBytes = this.#frameBytes();
      if (haveBytes >= wantedBytes) return this.#take(wantedBytes);
      if (!(await this.#more())) throw new TtlvError('TRUNCATED', haveBytes, 'the connection ended inside a message');
    }
  }

  /** Zeroes what is left. */
  dispose(): void {
    this.#buffer.fill(0);
    this.#from = 0;
    this.#to = 0;
  }

  /** Size of the message whose head stands at the front. */
  #frameBytes(): number {
    const head = new DataView(this.#buffer.buffer, this.#buffer.byteOffset + this.#from, HEAD_BYTES);
    if (head.getUint32(0) >>> 8 !== this.#tag) throw new TtlvError('BAD_TAG', 0, 'this is not a message of that kind');
    if (head.getUint8(3) !== STRUCTURE) throw new TtlvError('BAD_TYPE', 3, 'a message is a structure');
    const lengthBytes = head.getUint32(4);
    if (lengthBytes % 8 !== 0) throw new TtlvError('BAD_LENGTH', 4, 'a structure is a multiple of 8 long');
    if (lengthBytes > this.#limits.messageBytes - HEAD_BYTES) {
      throw new TtlvError('TOO_LARGE', 4, 'the message is larger than the limit');
    }
    return HEAD_BYTES + lengthBytes;
  }

  #take(sizeBytes: number): Uint8Array {
    if (this.#from === 0 && this.#to === sizeBytes && this.#buffer.length === sizeBytes) {
      const frame = this.#buffer;
      this.#buffer = new Uint8Array(0);
      this.#to = 0;
      return frame;
    }
    const part = this.#buffer.subarray(this.#from, this.#from + sizeBytes);
    const frame = part.slice();
    part.fill(0);
    this.#from += sizeBytes;
    return frame;
  }

  /** Takes one chunk in; false at the end of the stream. */
  async #more(): Promise<boolean> {
    const read = await this.#channel.read();
    if (read === null) return false;
    // A Buffer's slice() would share memory: what leaves here is a plain array, whatever the channel gave.
    const chunk = new Uint8Array(read.buffer, read.byteOffset, read.byteLength);
    const haveBytes = this.#to - this.#from;
    if (haveBytes === 0) {
      this.#buffer = chunk;
      this.#from = 0;
      this.#to = chunk.length;
      return true;
    }
    const wantedBytes = haveBytes + chunk.length;
    if (this.#buffer.length - this.#to < chunk.length) {
      const room = this.#buffer.length >= wantedBytes * 2 ? this.#buffer : new Uint8Array(wantedBytes * 2);
      const old = this.#buffer;
      if (room === old) {
        room.copyWithin(0, this.#from, this.#to);
        room.fill(0, haveBytes, this.#to);
      } else {
        room.set(old.subarray(this.#from, this.#to));
        old.fill(0);
      }
      this.#buffer = room;
      this.#from = 0;
      this.#to = haveBytes;
    }
    this.#buffer.set(chunk, this.#to);
    this.#to += chunk.length;
    chunk.fill(0);
    return true;
  }
}
