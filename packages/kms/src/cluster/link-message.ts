import { type Channel, NetworkError } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';

/*
 * What a follower and its leader say to each other over mutual TLS. The follower asks, the leader answers each question
 * with one message, so a slow follower is never flooded. All numbers are big-endian.
 *
 *   message  0   1   type
 *            1   4   length B of the body
 *            5   B   body
 *
 *   1 Hello    follower -> leader, once, first
 *            0   8   "VCSREP2\n"
 *            8   8   length L of the follower's journal, 0 without one
 *            16  32  the chain's value at its end (journal-format.ts): the leader sees whether those L bytes are the
 *                    beginning of its own journal
 *   2 Welcome  leader -> follower
 *            0   *   the leader's name, UTF-8, 256 bytes at most
 *   3 Pull     follower -> leader
 *            0   8   number of the last write that is durable at the follower
 *            8   4   how long the leader may wait for news, in milliseconds
 *   4 Piece    leader -> follower: a piece of the leader's journal (journal-format.ts), durable there
 *            0   1   0: goes on where the follower's journal ends, 1: is of a journal that replaces the follower's
 *            1   8   place of the piece in the leader's journal
 *            9   8   length of the durable part of the leader's journal
 *            17  8   number of the last write in that part
 *            25  *   bytes, as they stand there; none without news
 */
const MAGIC = new TextEncoder().encode('VCSREP2\n');
const HEAD_BYTES = 5;
const CHAIN_BYTES = 32;
const PIECE_HEAD_BYTES = 25;
const NAME_BYTES_MAX = 256;

/** Most bytes of a journal in one message. */
export const PIECE_BYTES_MAX = 256 * 1024;
const BODY_BYTES_MAX = PIECE_HEAD_BYTES + PIECE_BYTES_MAX;

/** What is said on the link. */
export type LinkMessage =
  | { readonly type: 'Hello'; readonly lengthBytes: number; readonly chain: Uint8Array }
  | { readonly type: 'Welcome'; readonly leader: string }
  | { readonly type: 'Pull'; readonly lastWrite: number; readonly waitMs: number }
  | {
      readonly type: 'Piece';
      readonly replaces: boolean;
      readonly offsetBytes: number;
      readonly endBytes: number;
      readonly lastWrite: number;
      readonly bytes: Uint8Array;
    };

const TYPES = ['Hello', 'Welcome', 'Pull', 'Piece'] as const satisfies readonly LinkMessage['type'][];

/** Bytes of a message. */
export function encodeMessage(message: LinkMessage): Uint8Array {
  const body = encodeBody(message);
  const out = new Uint8Array(HEAD_BYTES + body.length);
  out[0] = TYPES.indexOf(message.type) + 1;
  viewOf(out).setUint32(1, body.length);
  out.set(body, HEAD_BYTES);
  return out;
}

/** Reads the messages of one connection, one after another. */
export class LinkReader {
  readonly #channel: Channel;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /**
   * The next message, or null at the end of the stream.
   *
   * @throws KmsError LINK_MALFORMED; NetworkError RESET, CLOSED, also when the stream ends inside a message
   */
  async next(): Promise<LinkMessage | null> {
    const parts: Uint8Array[] = [this.#rest];
    let heldBytes = this.#rest.length;
    let wantedBytes = HEAD_BYTES;
    while (true) {
      if (heldBytes >= HEAD_BYTES && wantedBytes === HEAD_BYTES) {
        const head = joined(parts);
        parts.splice(0, parts.length, head);
        const bodyBytes = viewOf(head).getUint32(1);
        if (bodyBytes > BODY_BYTES_MAX) throw malformed('a message is longer than the limit');
        wantedBytes += bodyBytes;
      }
      if (heldBytes >= wantedBytes && wantedBytes > HEAD_BYTES) break;
      const more = await this.#channel.read();
      if (more === null && heldBytes === 0) return null;
      if (more === null) throw new NetworkError('RESET', 'The connection ended inside a message.');
      parts.push(more);
      heldBytes += more.length;
    }
    const bytes = joined(parts);
    this.#rest = bytes.slice(wantedBytes);
    return decode(bytes[0] ?? 0, bytes.subarray(HEAD_BYTES, wantedBytes));
  }

  /** The next message, which must be of that type. */
  async expect<Type extends LinkMessage['type']>(type: Type): Promise<Extract<LinkMessage, { type: Type }>> {
    const message = await this.next();
    if (message === null) throw new NetworkError('CLOSED', 'The other side ended the connection.');
    if (message.type !== type) throw malformed(`${message.type} was found where ${type} should be`);
    return message as Extract<LinkMessage, { type: Type }>;
  }
}

function encodeBody(message: LinkMessage): Uint8Array {
  switch (message.type) {
    case 'Hello': {
      const body = new Uint8Array(MAGIC.length + 8 + CHAIN_BYTES);
      body.set(MAGIC);
      viewOf(body).setBigUint64(8, BigInt(message.lengthBytes));
      body.set(message.chain, 16);
      return body;
    }
    case 'Welcome':
      return new TextEncoder().encode(message.leader);
    case 'Pull': {
      const body = new Uint8Array(12);
      viewOf(body).setBigUint64(0, BigInt(message.lastWrite));
      viewOf(body).setUint32(8, message.waitMs);
      return body;
    }
    case 'Piece': {
      const body = new Uint8Array(PIECE_HEAD_BYTES + message.bytes.length);
      const view = viewOf(body);
      body[0] = message.replaces ? 1 : 0;
      view.setBigUint64(1, BigInt(message.offsetBytes));
      view.setBigUint64(9, BigInt(message.endBytes));
      view.setBigUint64(17, BigInt(message.lastWrite));
      body.set(message.bytes, PIECE_HEAD_BYTES);
      return body;
    }
  }
}

function decode(typeByte: number, body: Uint8Array): LinkMessage {
  const type = TYPES[typeByte - 1];
  const view = viewOf(body);
  if (type === 'Hello' && body.length === MAGIC.length + 8 + CHAIN_BYTES) {
    if (MAGIC.some((byte, place) => byte !== body[place])) throw malformed('it speaks another protocol');
    return { type, lengthBytes: numberAt(view, 8), chain: body.slice(16) };
  }
  if (type === 'Welcome' && body.length > 0 && body.length <= NAME_BYTES_MAX) {
    return { type, leader: new TextDecoder().decode(body) };
  }
  if (type === 'Pull' && body.length === 12) return { type, lastWrite: numberAt(view, 0), waitMs: view.getUint32(8) };
  if (type === 'Piece' && body.length >= PIECE_HEAD_BYTES) {
    const [replaces, bytes] = [body[0] === 1, body.slice(PIECE_HEAD_BYTES)];
    const [offsetBytes, endBytes, lastWrite] = [numberAt(view, 1), numberAt(view, 9), numberAt(view, 17)];
    return { type, replaces, offsetBytes, endBytes, lastWrite, bytes };
  }
  throw malformed('a message has an unknown type');
}

function numberAt(view: DataView, offset: number): number {
  const value = view.getBigUint64(offset);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('a number is larger than the limit');
  return Number(value);
}

function malformed(what: string): KmsError {
  return new KmsError('LINK_MALFORMED', `The other node does not follow the protocol: ${what}.`);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
