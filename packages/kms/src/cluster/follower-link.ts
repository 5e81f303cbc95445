import { PkiError, peerJudge } from '@vcryptsim/pki';
import {
  type Channel,
  type Clock,
  ClockError,
  type EventSink,
  FileError,
  type KeyServerName,
  type Network,
  type NetworkAddress,
  NetworkError,
  type TlsIdentity,
} from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';
import type { KmsEvent } from '../terms/events.js';
import { faultCode } from '../terms/fault-code.js';
import { limits } from '../terms/limits.js';
import { encodeMessage, type LinkMessage, LinkReader } from './link-message.js';
import { Received } from './received.js';
import { leaderUnreadable, type ReplicaStore } from './replica-store.js';

/** Whom a follower follows, and how. */
export interface LeaderAddress {
  readonly network: Network;
  readonly address: NetworkAddress;
  /** What the follower shows the leader, who must have it registered as a node. */
  readonly identity: TlsIdentity;
  /** DER of the authorities of the leader's certificate. */
  readonly authorities: readonly Uint8Array[];
  /** Name or IP address that the leader's certificate must be for. */
  readonly expectedName: string;
  /** Name of this node, for events. */
  readonly nodeName: KeyServerName;
  /** How long it rests between two pulls. 0, the default, has the leader answer as soon as there is news. */
  readonly pauseMs?: number;
  /** How old the copy may be, in milliseconds; an older one answers nothing of objects. Default any age. */
  readonly maxLagMs?: number;
  /** Told once when following cannot go on and an administrator is needed; what is here is served still. */
  readonly onRefused?: (error: KmsError) => void;
}

/** How a follower stands. */
export interface LinkStatus {
  /** The leader's name; null until it first answered. */
  readonly leader: string | null;
  /** Whether it is connected and had all that the leader had, since it connected. */
  readonly isLinked: boolean;
  /** Why it is not, as the last attempt ended. */
  readonly trouble: string | null;
  /** Number of the leader's last write when it was last heard, and when that was; null before. */
  readonly leaderLastWrite: number | null;
  readonly heardMs: number | null;
  /** The last moment of which all that was durable at the leader is here; null before. */
  readonly copiedMs: number | null;
  /** How old the copy may be; null for any age. Then, and while it is older, nothing of objects is answered. */
  readonly maxLagMs: number | null;
  readonly isTooOld: boolean;
}

/** What only an administrator can mend. It is tried again nevertheless: mended is mended. */
const REFUSED = ['ROOT_KEY_WRONG', 'LEADER_OTHER_STORE', 'LEADER_BEHIND', 'LEADER_UNREADABLE'];

/** Keeps a replica up to date: connects to the leader, pulls, connects again when the link is lost. */
export class FollowerLink {
  readonly #to: LeaderAddress;
  readonly #store: ReplicaStore;
  readonly #clock: Clock;
  readonly #events: EventSink<KmsEvent>;
  readonly #onFault: (error: unknown) => void;
  readonly #stopped = new AbortController();
  #status: Omit<LinkStatus, 'maxLagMs' | 'isTooOld'> = {
    leader: null,
    isLinked: false,
    trouble: null,
    leaderLastWrite: null,
    heardMs: null,
    copiedMs: null,
  };
  #channel: Channel | null = null;
  #running: Promise<void> = Promise.resolve();

  private constructor(o: Parts) {
    this.#to = o.to;
    this.#store = o.store;
    this.#clock = o.clock;
    this.#events = o.events;
    this.#onFault = o.onFault ?? (() => {});
  }

  /** Begins to follow; does not wait for the leader. */
  static start(o: Parts): FollowerLink {
    const link = new FollowerLink(o);
    link.#running = link.#run();
    return link;
  }

  get status(): LinkStatus {
    return { ...this.#status, maxLagMs: this.#to.maxLagMs ?? null, isTooOld: this.isTooOld };
  }

  /** Whether the copy is older than it may be. A clock that was set back tells no age, so it counts as too old. */
  get isTooOld(): boolean {
    const { maxLagMs } = this.#to;
    if (maxLagMs === undefined) return false;
    const { copiedMs } = this.#status;
    const ageMs = copiedMs === null ? Number.POSITIVE_INFINITY : this.#clock.nowMs - copiedMs;
    return ageMs < 0 || ageMs > maxLagMs;
  }

  /** Ends the connection; resolves when nothing is written any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#channel?.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      let restMs = this.#to.pauseMs || limits.relinkMs;
      try {
        await this.#follow();
      } catch (error) {
        // The border of the link: whatever a leader sends or shows costs this connection, never the follower.
        const isNews = this.#noteLost(isTrouble(error) ? error.code : faultCode(error));
        if (isNews && !isTrouble(error)) this.#onFault(error);
        if (isRefusal(error)) {
          if (isNews) this.#to.onRefused?.(error);
          restMs = limits.relinkRefusedMs;
        }
      }
      await this.#rest(restMs);
    }
  }

  /** One connection, from its beginning to its end. */
  async #follow(): Promise<void> {
    const { clock, reader, channel } = await this.#connect();
    try {
      await this.#send(channel, { type: 'Hello', ...this.#store.position });
      const { leader } = await this.#answer(channel, reader.expect('Welcome'), 0);
      this.#status = { ...this.#status, leader };
      const { pauseMs = 0, maxLagMs = Number.POSITIVE_INFINITY } = this.#to;
      // Asked often enough that an idle leader's silence never makes the copy too old.
      const waitMs = pauseMs > 0 ? 0 : Math.min(limits.newsWaitMs, Math.floor(maxLagMs / 3));
      const received = new Received();
      while (!this.#stopped.signal.aborted) {
        const askedMs = clock.nowMs;
        await this.#send(channel, { type: 'Pull', lastWrite: this.#store.lastWrite, waitMs });
        const piece = await this.#answer(channel, reader.expect('Piece'), waitMs);
        this.#status = { ...this.#status, leaderLastWrite: piece.lastWrite, heardMs: clock.nowMs };
        received.add(piece, this.#store.lengthBytes);
        await this.#take(received);
        if (!received.isUpToDate) continue;
        // What is here is all that was durable there when the leader answered, so also when it was asked.
        this.#status = { ...this.#status, copiedMs: askedMs };
        this.#noteLinked();
        if (pauseMs > 0) await this.#rest(pauseMs);
      }
    } finally {
      this.#channel = null;
      await channel.abort();
    }
  }

  async #connect() {
    const { network, address, identity, authorities, expectedName } = this.#to;
    const ended = new AbortController();
    const { signal: stopped } = this.#stopped;
    const end = () => ended.abort();
    stopped.addEventListener('abort', end, { once: true });
    if (stopped.aborted) end();
    const judge = peerJudge({ pins: [], authorities }, this.#clock, expectedName);
    let channel: Channel;
    try {
      const dialing = network.connect(address, { identity, judge, signal: ended.signal });
      channel = await this.#clock.within(limits.handshakeMs, dialing, end);
    } finally {
      stopped.removeEventListener('abort', end);
    }
    this.#channel = channel;
    // A stop that came in this very moment found no channel to abort.
    if (stopped.aborted) await channel.abort();
    return { clock: this.#clock, channel, reader: new LinkReader(channel) };
  }

  async #take(received: Received): Promise<void> {
    const before = this.#store.lastWrite;
    if (!received.replaces) {
      received.drop(await this.#store.take(received.bytes()));
      // The leader's durable end is the end of a write.
      if (received.isUpToDate && received.lengthBytes > 0) throw leaderUnreadable();
    } else if (received.isUpToDate) {
      await this.#store.takeWhole(received.bytes());
      received.drop(received.lengthBytes);
    }
    const { lastWrite } = this.#store;
    if (lastWrite !== before) {
      this.#events.emit({ type: 'REPLICA_ADVANCED', node: this.#to.nodeName, lastWrite });
    }
  }

  #answer<T>(channel: Channel, answer: Promise<T>, waitMs: number): Promise<T> {
    return this.#clock.within(waitMs + limits.messageMs, answer, () => void channel.abort());
  }

  #send(channel: Channel, message: LinkMessage): Promise<void> {
    return this.#clock.within(limits.writeMs, channel.write(encodeMessage(message)), () => void channel.abort());
  }

  async #rest(pauseMs: number): Promise<void> {
    try {
      await this.#clock.after(pauseMs, this.#stopped.signal);
    } catch (error) {
      if (!(error instanceof ClockError && error.code === 'ABORTED')) throw error;
    }
  }

  #noteLinked(): void {
    if (this.#status.isLinked) return;
    this.#status = { ...this.#status, isLinked: true, trouble: null };
    const { lastWrite } = this.#store;
    this.#events.emit({ type: 'LEADER_LINKED', node: this.#to.nodeName, lastWrite });
  }

  /** What ended a connection is told once, however often it is tried again. */
  #noteLost(code: string): boolean {
    const { isLinked, trouble } = this.#status;
    if (this.#stopped.signal.aborted || (!isLinked && trouble === code)) return false;
    this.#status = { ...this.#status, isLinked: false, trouble: code };
    this.#events.emit({ type: 'LEADER_LOST', node: this.#to.nodeName, code });
    return true;
  }
}

interface Parts {
  readonly to: LeaderAddress;
  readonly store: ReplicaStore;
  readonly clock: Clock;
  readonly events: EventSink<KmsEvent>;
  /** Told of each error that nobody expected; it cost one connection. */
  readonly onFault?: (error: unknown) => void;
}

type Trouble = KmsError | NetworkError | ClockError | FileError | PkiError;

function isRefusal(error: unknown): error is KmsError {
  return error instanceof KmsError && REFUSED.includes(error.code);
}

function isTrouble(error: unknown): error is Trouble {
  return (
    error instanceof KmsError ||
    error instanceof NetworkError ||
    error instanceof PkiError ||
    error instanceof FileError ||
    (error instanceof ClockError && error.code === 'TIMED_OUT')
  );
}
