import {
  decodeTtlv,
  enumerationName,
  type Item,
  Operation,
  ResultReason,
  ResultStatus,
  Tag,
  textOf,
} from '@vcryptsim/kmip-lite';
import type { Channel, KeyPair } from '@vcryptsim/ports';
import { expect } from 'vitest';
import { makeKeyPairs, type WireLab, withKeyServer } from '../support/wire-lab.js';
import { NOON_MS } from '../support/world.js';
import { ask, createPayload } from './raw-ttlv.js';

const HEAD_BYTES = 8;
let pairs: Promise<KeyPair[]> | undefined;

/** Runs `work` with a key server that knows two clients. */
export async function withBadPeers<T>(work: (lab: WireLab) => Promise<T>): Promise<T> {
  pairs ??= makeKeyPairs(2);
  return withKeyServer({ startMs: NOON_MS, keyPairs: await pairs, wire: 'memory' }, work);
}

/** One answer: what the message says of itself, and of each item. */
export interface Answer {
  readonly version: string;
  readonly items: readonly { readonly operation?: string; readonly outcome: string }[];
}

/** A client that sends bytes of any kind. */
export class BadPeer {
  readonly #channel: Channel;
  #left = Buffer.alloc(0);

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  static async open(lab: WireLab, client = 0): Promise<BadPeer> {
    return new BadPeer(await lab.connect(client));
  }

  send(bytes: Uint8Array): Promise<void> {
    return this.#channel.write(bytes);
  }

  /** Ends its own side in order, as a client that goes away. */
  end(): Promise<void> {
    return this.#channel.close();
  }

  abort(): Promise<void> {
    return this.#channel.abort();
  }

  /** The next answer as a tree; null when the server ended the connection instead. */
  async answerTree(): Promise<Item | null> {
    while (this.#left.length < HEAD_BYTES || this.#left.length < HEAD_BYTES + this.#left.readUInt32BE(4)) {
      const chunk = await this.#channel.read().catch(() => null);
      if (chunk === null) return null;
      this.#left = Buffer.concat([this.#left, chunk]);
    }
    const size = HEAD_BYTES + this.#left.readUInt32BE(4);
    const message = Uint8Array.from(this.#left.subarray(0, size));
    this.#left = this.#left.subarray(size);
    return decodeTtlv(message);
  }

  async answer(): Promise<Answer | null> {
    const tree = await this.answerTree();
    return tree === null ? null : answerOf(tree);
  }

  async ask(bytes: Uint8Array): Promise<Answer | null> {
    await this.send(bytes);
    return this.answer();
  }

  /** Makes an AES key in a sound way, or whatever `sent` makes, and answers its identifier. */
  async create(more: readonly Uint8Array[] = [], sent = ask('Create', ...createPayload({ more }))): Promise<string> {
    await this.send(sent);
    const tree = await this.answerTree();
    const [found] = tree === null ? [] : fieldsOf(tree, Tag.UniqueIdentifier);
    if (found?.type !== 'TextString') throw new Error('the key was not made');
    return textOf(found.utf8);
  }
}

/** Every field with that tag, at any depth. */
export function fieldsOf(tree: Item, tag: number): Item[] {
  if (tree.tag === tag) return [tree];
  return tree.type === 'Structure' ? tree.items.flatMap((one) => fieldsOf(one, tag)) : [];
}

function answerOf(tree: Item): Answer {
  const numbers = (from: Item, tag: number): number[] =>
    fieldsOf(from, tag).map((one) => ('value' in one ? Number(one.value) : Number.NaN));
  return {
    version: `${numbers(tree, Tag.ProtocolVersionMajor)[0]}.${numbers(tree, Tag.ProtocolVersionMinor)[0]}`,
    items: fieldsOf(tree, Tag.BatchItem).map((one) => {
      const [operation] = numbers(one, Tag.Operation);
      const [reason] = numbers(one, Tag.ResultReason);
      const status = enumerationName(ResultStatus, numbers(one, Tag.ResultStatus)[0] ?? -1) ?? 'none';
      const name = operation === undefined ? undefined : enumerationName(Operation, operation);
      const outcome = reason === undefined ? status : (enumerationName(ResultReason, reason) ?? `reason ${reason}`);
      return { ...(operation !== undefined && { operation: name ?? `${operation}` }), outcome };
    }),
  };
}

/** What the table of facts/reliability.md section 3.3 asks for. */
export type Kind =
  /** Invalid Message without an operation, then the end. */
  | 'F'
  /** The end, without an answer. */
  | 'C'
  /** Outcome of each item; the connection stays. */
  | readonly string[];

/** Sends bytes as one connection, and holds what comes of it, the audit, and another client's service to the table. */
export async function expectAnswer(lab: WireLab, peer: BadPeer, sent: Uint8Array, kind: Kind): Promise<void> {
  const linesBefore = (await lab.audit()).length;
  await peer.send(sent);
  if (kind === 'C') {
    await peer.end();
    expect(await peer.answer()).toBeNull();
  } else {
    const answer = await peer.answer();
    expect(answer?.items.map(({ outcome }) => outcome)).toEqual(kind === 'F' ? ['InvalidMessage'] : kind);
    if (kind === 'F') {
      expect(answer?.items[0]?.operation).toBeUndefined();
      expect(await peer.answer()).toBeNull();
    } else expect((await peer.ask(ask('DiscoverVersions')))?.items).toMatchObject([{ outcome: 'Success' }]);
    const line = (await lab.audit()).slice(linesBefore).find(({ event }) => event === 'ANSWER');
    const audited = line?.items?.map(({ status, reason }) => reason ?? status);
    expect(audited).toEqual(answer?.items.map(({ outcome }) => outcome));
  }
  const other = await BadPeer.open(lab, 1);
  expect((await other.ask(ask('DiscoverVersions')))?.items).toMatchObject([{ outcome: 'Success' }]);
  await other.end();
}
