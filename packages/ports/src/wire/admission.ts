import type { Clock } from '../clock.js';
import type { Channel, ListenOptions, PeerCertificate, TlsFacts } from '../network.js';

/** A connection that came in and was not handed up yet. */
export interface Guest extends Channel {
  /** Says who the peer is; from then on the channel may be handed up. */
  accept(peer: PeerCertificate, tls?: TlsFacts | null): void;
  /** Network address from which it came, without the port; null for a peer in this process. */
  readonly address: string | null;
  /** True when the peer left in the turn in which it came: then it was never here. */
  readonly abandoned: boolean;
  /** Calls `run` when the connection has ended, from either side. */
  whenOver(run: () => void): void;
}

const HANDSHAKE_LIMIT_MS = 10_000;
const UNAUTHENTICATED_MAX = 1024;
/** Who waits for longer than this is slow or silent. */
const PROMPT_MS = 1000;

interface Wait {
  readonly sinceMs: number;
  /** Calls the handshake limit off. */
  readonly limit: AbortController;
}

/**
 * The door between a listener's sockets and its application: who came in waits here until judged, not for ever and not
 * in any number, and everybody who is turned away is told of exactly once.
 */
export class Admission {
  readonly #clock: Clock;
  readonly #options: ListenOptions;
  // Oldest first.
  readonly #waiting = new Map<Guest, Wait>();

  constructor(clock: Clock, options: ListenOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** A connection came in. Without it, {@link admit} and {@link refuse} of this guest do nothing. */
  announce(guest: Guest): void {
    if (guest.abandoned) return;
    const limit = new AbortController();
    this.#waiting.set(guest, { sinceMs: this.#clock.nowMs, limit });
    guest.whenOver(() => this.#turnAway(guest, 'NO_HANDSHAKE'));
    this.#clock.after(this.#options.handshakeLimitMs ?? HANDSHAKE_LIMIT_MS, limit.signal).then(
      () => void guest.abort(),
      () => {},
    );
    for (const crowded of this.#crowdOf(guest.address)) void crowded.abort();
    const [oldest] = this.#waiting.keys();
    if (oldest && this.#waiting.size > (this.#options.unauthenticatedMax ?? UNAUTHENTICATED_MAX)) void oldest.abort();
  }

  /** The peer was judged and accepted: hands the channel up. */
  admit(guest: Guest, peer: PeerCertificate): void {
    if (!this.#release(guest)) return;
    guest.accept(peer);
    this.#handUp(guest).catch((error: unknown) => {
      this.#report(error);
      return guest.abort();
    });
  }

  /** The peer was judged and refused: it reads the end of the stream. */
  refuse(guest: Guest, error: unknown): void {
    const code = codeOf(error);
    if (code === null) this.#report(error);
    this.#turnAway(guest, code ?? 'FAULT');
  }

  /** The network is gone, and whoever waits with it: nobody is told, and no time limit keeps the process. */
  dispose(): void {
    for (const { limit } of this.#waiting.values()) limit.abort('disposed');
    this.#waiting.clear();
  }

  /** The oldest of one address's slow ones, as many as are too many. */
  #crowdOf(address: string | null): Guest[] {
    const { unauthenticatedPerAddressMax: most } = this.#options;
    if (most === undefined || address === null) return [];
    const slow = [...this.#waiting]
      .filter(([guest, { sinceMs }]) => guest.address === address && this.#clock.nowMs - sinceMs >= PROMPT_MS)
      .map(([guest]) => guest);
    return slow.slice(0, Math.max(0, slow.length - most));
  }

  #turnAway(guest: Guest, code: string): void {
    if (!this.#release(guest)) return;
    try {
      this.#options.onRefused?.(code);
    } catch (error) {
      this.#report(error);
    }
    void guest.close();
  }

  /** In a promise, so that what `onChannel` throws at once is caught too. */
  async #handUp(guest: Guest): Promise<void> {
    await this.#options.onChannel(guest);
  }

  #report(error: unknown): void {
    try {
      this.#options.onFault?.(error);
    } catch {
      // One connection's border must hold, whatever its observer does.
    }
  }

  #release(guest: Guest): boolean {
    // With a reason of our own: the default one is an exception with a stack, for every connection.
    this.#waiting.get(guest)?.limit.abort('admitted or gone');
    return this.#waiting.delete(guest);
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
