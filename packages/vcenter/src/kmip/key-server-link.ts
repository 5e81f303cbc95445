import { KmipClient, type KmipSession } from '@vcryptsim/kmip-lite/client';
import { peerJudge } from '@vcryptsim/pki';
import {
  type Channel,
  type Clock,
  type Network,
  type NetworkAddress,
  NetworkError,
  type TlsIdentity,
} from '@vcryptsim/ports';
import { batchItemId } from './batch-item-id.js';

/** Where a key server is and how both sides prove who they are. */
export interface KeyServerTarget {
  readonly address: NetworkAddress;
  readonly identity: TlsIdentity;
  /** DER of exactly the certificate that is trusted there. */
  readonly trusted: Uint8Array;
  /** ID of the operation for which it is asked; the server does not see it. */
  readonly operationId?: string;
  /**
   * User name and password (UTF-8) of every header but Discover Versions', or null. The password is the caller's, who
   * zeroes it after the step.
   */
  readonly credential: { readonly username: string; readonly password: Uint8Array } | null;
}

/** Opens vCenter's short connections to key servers: one for each step of a conversation. */
export class KeyServerLink {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #open = new Set<AbortController>();
  #stopped = false;

  /** @param o.timeoutMs how long a server may take to be connected, and again to answer each message */
  constructor(o: { readonly network: Network; readonly clock: Clock; readonly timeoutMs: number }) {
    this.#network = o.network;
    this.#clock = o.clock;
    this.#timeoutMs = o.timeoutMs;
  }

  /**
   * Holds one step of a conversation on a connection of its own: Discover Versions first, with an empty payload and
   * without a Unique Batch Item ID, then what `step` asks, then the end (facts/kmip.md part 2, "Connection pattern").
   */
  converse<T>(target: KeyServerTarget, step: (session: KmipSession) => Promise<T>): Promise<T> {
    return this.#withSignal((stopped) => {
      const client = new KmipClient({
        connect: (signal) => this.#connect(target, [signal, stopped]),
        clock: this.#clock,
        timeoutMs: this.#timeoutMs,
        batchItemIds: batchItemId,
        ...(target.credential && { credential: { type: 'UsernameAndPassword', ...target.credential } }),
      });
      return client.session(async (session) => {
        await session.discoverVersions({ withBatchItemId: false });
        return step(session);
      });
    });
  }

  /** Opens a TLS connection and ends it without a byte, as the real one does to look at a certificate. */
  probe(target: KeyServerTarget): Promise<void> {
    return this.#withSignal((stopped) => this.#dialAndClose((ends) => this.#connect(target, ends), stopped));
  }

  /**
   * Fetches the certificate that a server shows, trusted or not: a look, by an empty connection. What was seen counts
   * even if the server then refuses us, which is the usual thing before it trusts our certificate.
   *
   * @returns DER of the leaf
   */
  async look(address: NetworkAddress, identity: TlsIdentity): Promise<Uint8Array> {
    let seen: Uint8Array | undefined;
    const connect = (ends: readonly AbortSignal[]): Promise<Channel> =>
      this.#network.connect(address, {
        identity,
        signal: AbortSignal.any([...ends]),
        judge: (chain) => {
          seen = chain[0];
          return peerJudge({ pins: chain.slice(0, 1), authorities: [] }, this.#clock)(chain);
        },
      });
    try {
      await this.#withSignal((stopped) => this.#dialAndClose(connect, stopped));
    } catch (error) {
      if (!seen) throw error;
    }
    if (!seen) throw new NetworkError('TLS_FAILED', 'The server showed no certificate.');
    return seen;
  }

  /** Pulls the plug of every open connection and opens no more; what waits for one rejects. */
  stop(): void {
    this.#stopped = true;
    for (const controller of this.#open) controller.abort();
  }

  /** @param ends each of these ends the attempt, and afterwards the connection */
  async #connect(target: KeyServerTarget, ends: readonly AbortSignal[]): Promise<Channel> {
    const judge = peerJudge({ pins: [target.trusted], authorities: [] }, this.#clock);
    const signal = AbortSignal.any([...ends]);
    const { address, identity, operationId: onBehalfOf } = target;
    const options = { identity, judge, signal, ...(onBehalfOf !== undefined && { onBehalfOf }) };
    const channel = await this.#network.connect(address, options);
    // Not of the signal that follows both: Node keeps that, and all that its listeners hold, until they are taken off.
    for (const end of ends) {
      end.addEventListener('abort', () => void channel.abort(), { once: true });
      if (end.aborted) void channel.abort();
    }
    return channel;
  }

  #dialAndClose(connect: (ends: readonly AbortSignal[]) => Promise<Channel>, stopped: AbortSignal): Promise<void> {
    const late = new AbortController();
    const work = async (): Promise<void> => {
      const channel = await connect([late.signal, stopped]);
      await channel.close();
    };
    return this.#clock.within(this.#timeoutMs, work(), () => late.abort());
  }

  async #withSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#stopped) throw new NetworkError('ABORTED', 'vCenter is stopping.');
    const controller = new AbortController();
    this.#open.add(controller);
    try {
      return await work(controller.signal);
    } finally {
      this.#open.delete(controller);
    }
  }
}
