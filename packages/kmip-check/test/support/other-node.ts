import { randomBytes } from 'node:crypto';
import { KmipError } from '@vcryptsim/kmip-lite';
import { ForeignKeyServer, type Key } from './foreign-key-server.js';

const LATE_MS = 2_000;

/** A second node of the foreign key server, which shares the keys of the first but for its flaws. */
export class OtherNode extends ForeignKeyServer {
  readonly #first: ForeignKeyServer;
  readonly #ownIds = new Set<string>();

  constructor(first: ForeignKeyServer, identity: ForeignKeyServer['identity']) {
    const { network, clock, client, flaws } = first;
    super(network, clock, identity, client, flaws, 'kms-2');
    this.#first = first;
  }

  override make(): string {
    if (this.has('other node makes no keys')) throw new KmipError('PermissionDenied', 'this node is a copy');
    if (this.has('other node keeps its keys')) return `of-the-other-${super.make()}`;
    const id = this.#first.make();
    this.#ownIds.add(id);
    return id;
  }

  override find(id: string): Key {
    if (id.startsWith('of-the-other-')) return super.find(id.replace('of-the-other-', ''));
    const key = this.#first.find(id);
    if (this.has('other node lacks keys')) throw new KmipError('ItemNotFound', 'no such key');
    if (this.has('other node late') && !this.#ownIds.has(id) && this.clock.nowMs < key.madeMs + LATE_MS) {
      throw new KmipError('ItemNotFound', 'no such key');
    }
    return this.has('other node has other keys') ? { ...key, bytes: Uint8Array.from(randomBytes(32)) } : key;
  }

  override findToGet(id: string): Key {
    return this.find(id);
  }

  override stateOf(id: string): Key['state'] {
    return this.find(id).state;
  }

  override destroy(id: string): void {
    if (this.has('other node keeps its keys')) super.destroy(id.replace('of-the-other-', ''));
    else this.#first.destroy(id);
  }
}
