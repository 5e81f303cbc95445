import { fingerprintSha256 } from '@vcryptsim/pki';
import {
  type Channel,
  type Clock,
  ClockError,
  type EventSink,
  FileError,
  type KeyServerName,
  type Listener,
  type Network,
  type NetworkAddress,
  NetworkError,
  type PeerCertificate,
  type TlsIdentity,
} from '@vcryptsim/ports';
import type { AuditLog } from '../audit/audit-log.js';
import type { ClientRegistry } from '../clients/client-registry.js';
import type { JournalCopy } from '../store/journal-copy.js';
import type { ClientName } from '../terms/client-name.js';
import { KmsError } from '../terms/errors.js';
import type { KmsEvent } from '../terms/events.js';
import { limits } from '../terms/limits.js';
import { LeaderJournal } from './leader-journal.js';
import { encodeMessage, type LinkMessage, LinkReader } from './link-message.js';

/** Where followers find a leader, and what it shows them. */
export interface LeaderDoorOptions {
  readonly network: Network;
  readonly address: NetworkAddress;
  readonly identities: readonly TlsIdentity[];
  /** The name by which followers tell clients where changes are made. */
  readonly nodeName: KeyServerName;
  readonly clock: Clock;
  readonly events: EventSink<KmsEvent>;
  readonly journal: JournalCopy;
  readonly audit: AuditLog;
  /** Who may follow: registered apart from clients, and no client may. */
  readonly followers: ClientRegistry;
  /** Told of each error that nobody expected; it cost one connection. */
  readonly onFault?: (error: unknown, follower: ClientName | null) => void;
}

/** A follower that is connected. */
export interface FollowerStatus {
  readonly name: ClientName;
  /** Number of the last write that is durable there, as it last said. */
  readonly lastWrite: number;
  readonly heardMs: number;
}

interface Link {
  readonly name: ClientName;
  readonly served: Promise<void>;
  lastWrite: number;
  heardMs: number;
}

/** The door through which followers copy the leader's journal. */
export class LeaderDoor {
  readonly #o: LeaderDoorOptions;
  readonly #links = new Map<Channel, Link>();
  readonly #stopped = new AbortController();
  #listener: Listener | null = null;

  private constructor(o: LeaderDoorOptions) {
    this.#o = o;
  }

  /** Begins to listen. Throws NetworkError ADDRESS_IN_USE, NOT_PERMITTED. */
  static async open(o: LeaderDoorOptions): Promise<LeaderDoor> {
    const door = new LeaderDoor(o);
    door.#listener = await o.network.listen(o.address, {
      identities: o.identities,
      judge: (chain) => door.#judge(chain),
      onChannel: (channel) => door.#accept(channel),
      onRefused: (code) => o.events.emit({ type: 'CLIENT_REFUSED', node: o.nodeName, code }),
      onFault: (error) => o.onFault?.(error, null),
      handshakeLimitMs: limits.handshakeMs,
      unauthenticatedMax: limits.unauthenticatedMax,
    });
    return door;
  }

  /** Where it listens really; null once it is stopped. */
  get address(): Listener['address'] | null {
    return this.#listener?.address ?? null;
  }

  /** The followers that are connected. */
  followers(): readonly FollowerStatus[] {
    return [...this.#links.values()].map(({ name, lastWrite, heardMs }) => ({ name, lastWrite, heardMs }));
  }

  /** Pulls the plug of a follower's connection; answers how many there were. */
  async dismiss(name: ClientName): Promise<number> {
    const channels = [...this.#links].filter(([, link]) => link.name === name).map(([channel]) => channel);
    for (const channel of channels) {
      this.#links.delete(channel);
      await channel.abort();
    }
    return channels.length;
  }

  /** Takes no more followers and ends the connections there are. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#listener?.close();
    this.#listener = null;
    const served = [...this.#links.values()].map((link) => link.served);
    for (const channel of this.#links.keys()) await channel.abort();
    await Promise.allSettled(served);
  }

  async #judge(chain: readonly Uint8Array[]): Promise<PeerCertificate> {
    const { followers, clock, audit, nodeName } = this.#o;
    try {
      return await followers.judge(chain, clock);
    } catch (error) {
      const [leaf] = chain;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'REFUSED';
      const shown = leaf && { fingerprintSha256: fingerprintSha256(leaf) };
      // Refused is refused, also where nothing can be written.
      await audit.append({ event: 'REFUSAL', node: nodeName, code, ...shown }).catch(() => {});
      throw error;
    }
  }

  async #accept(channel: Channel): Promise<void> {
    const name = this.#o.followers.find(channel.peer.publicKeySha256)?.name;
    if (name === undefined || this.#stopped.signal.aborted) return channel.close();
    // A follower has one connection: an older one is what a cut on the way left.
    for (const [older, link] of this.#links) if (link.name === name) await older.abort();
    const link = { name, served: Promise.resolve(), lastWrite: 0, heardMs: this.#o.clock.nowMs };
    this.#links.set(channel, link);
    this.#o.events.emit({ type: 'FOLLOWER_JOINED', node: this.#o.nodeName, follower: name });
    link.served = this.#serve(channel, link).finally(() => {
      this.#links.delete(channel);
      this.#o.events.emit({ type: 'FOLLOWER_LEFT', node: this.#o.nodeName, follower: name });
    });
    await link.served;
  }

  async #serve(channel: Channel, link: Link): Promise<void> {
    try {
      await this.#answer(channel, link);
      await channel.close();
    } catch (error) {
      await channel.abort().catch(() => {});
      if (!isTrouble(error)) this.#o.onFault?.(error, link.name);
    }
  }

  async #answer(channel: Channel, link: Link): Promise<void> {
    const { clock, journal, nodeName } = this.#o;
    const reader = new LinkReader(channel);
    const hello = await clock.within(limits.firstRequestMs, reader.expect('Hello'), () => void channel.abort());
    const copy = new LeaderJournal(journal, this.#stopped.signal);
    await copy.meet(hello.lengthBytes, hello.chain);
    await this.#send(channel, { type: 'Welcome', leader: nodeName });
    for (let pull = await reader.next(); pull?.type === 'Pull'; pull = await reader.next()) {
      link.lastWrite = pull.lastWrite;
      link.heardMs = clock.nowMs;
      const piece = await this.#wait(Math.min(pull.waitMs, limits.newsWaitMs), (wait) => copy.next(wait));
      // Looked up each time: a follower that is shut out shall not go on with the connection it has.
      if (piece === null || (await this.#o.followers.isRevoked(link.name))) return;
      await this.#send(channel, piece);
    }
  }

  /** Gives `work` a signal that fires after some time. */
  async #wait<T>(waitMs: number, work: (wait: AbortSignal) => Promise<T>): Promise<T> {
    if (waitMs === 0) return work(AbortSignal.abort());
    const late = new AbortController();
    const done = new AbortController();
    this.#o.clock.after(waitMs, done.signal).then(
      () => late.abort(),
      () => {},
    );
    try {
      return await work(late.signal);
    } finally {
      done.abort();
    }
  }

  #send(channel: Channel, message: LinkMessage): Promise<void> {
    const { clock } = this.#o;
    return clock.within(limits.writeMs, channel.write(encodeMessage(message)), () => void channel.abort());
  }
}

/** Says whether it is the way, the peer or the disk that failed, and not we. */
function isTrouble(error: unknown): boolean {
  return (
    error instanceof NetworkError ||
    error instanceof ClockError ||
    error instanceof FileError ||
    (error instanceof KmsError && error.code === 'LINK_MALFORMED')
  );
}
