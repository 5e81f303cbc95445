import {
  type Channel,
  type Clock,
  ClockError,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  type NetworkAddress,
  NetworkError,
} from '@vcryptsim/ports';

/**
 * What goes wrong on the way to one in-world name.
 * - `refuse`: nobody answers the dial (REFUSED), and channels that are open break (RESET).
 * - `hang`: everything is swallowed in silence until the fault is lifted; then what was held back goes on, as TCP's
 *   retransmissions would. A wait for it holds nothing: it costs virtual time only.
 * - `slow`: each dial and each answer comes `delayMs` later.
 */
export type NetworkFault =
  | { readonly kind: 'refuse' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'slow'; readonly delayMs: number };

/** A network whose ways to single names can be broken and mended at run time. It works on the side that connects. */
export class FaultyNetwork implements Network {
  readonly #inner: Network;
  readonly #clock: Clock;
  readonly #roads = new Map<string, Road>();

  /**
   * @param inner the network that carries the bytes
   * @param clock counts the delays
   */
  constructor(inner: Network, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
  }

  /** Breaks the way to `name` from now on; replaces an earlier fault. */
  set(name: string, fault: NetworkFault): void {
    this.#road(name).change(fault);
  }

  /** Mends the way to `name`. */
  clear(name: string): void {
    this.#road(name).change(null);
  }

  /** The fault on the way to `name` now, or null. */
  faultOf(name: string): NetworkFault | null {
    return this.#road(name).fault;
  }

  async connect(address: NetworkAddress, options: ConnectOptions): Promise<Channel> {
    if (!('name' in address)) return this.#inner.connect(address, options);
    const road = this.#road(address.name);
    if (road.fault) await road.passDial(this.#clock, address.name, options.signal);
    const channel = new FaultyChannel(await this.#inner.connect(address, options), road, this.#clock);
    road.channels.add(channel);
    return channel;
  }

  listen(address: NetworkAddress, options: ListenOptions): Promise<Listener> {
    return this.#inner.listen(address, options);
  }

  #road(name: string): Road {
    const road = this.#roads.get(name) ?? new Road();
    this.#roads.set(name, road);
    return road;
  }
}

/** The way to one name: its fault now, the channels on it, and those who wait for it to be mended. */
class Road {
  fault: NetworkFault | null = null;
  readonly channels = new Set<FaultyChannel>();
  readonly #waiting = new Set<() => void>();

  change(fault: NetworkFault | null): void {
    this.fault = fault;
    if (fault?.kind === 'refuse') for (const channel of this.channels) channel.cut();
    if (fault?.kind === 'hang') return;
    for (const wake of this.#waiting) wake();
  }

  /** Waits while the way hangs, then as long as it is slow. Gives up when `signal` fires. */
  async pass(clock: Clock, signal?: AbortSignal): Promise<void> {
    while (this.fault?.kind === 'hang') await this.#mended(signal);
    if (this.fault?.kind === 'slow') await clock.after(this.fault.delayMs, signal);
  }

  /** As {@link pass}, for a dial: a way that refuses takes a turn to say so, as a real one does. */
  async passDial(clock: Clock, name: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.pass(clock, signal);
      if (this.fault?.kind === 'refuse') await clock.after(0, signal);
    } catch (error) {
      if (error instanceof ClockError && error.code === 'ABORTED') throw givenUp();
      throw error;
    }
    if (this.fault?.kind === 'refuse') throw new NetworkError('REFUSED', `${name} does not answer`);
  }

  #mended(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', giveUp);
      };
      const wake = () => {
        stop();
        resolve();
      };
      const giveUp = () => {
        stop();
        reject(givenUp());
      };
      if (signal?.aborted) return giveUp();
      this.#waiting.add(wake);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }
}

class FaultyChannel implements Channel {
  readonly #inner: Channel;
  readonly #road: Road;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  #cut = false;
  // The last of the writes that were held back and are not through yet.
  #held: Promise<unknown> | null = null;

  constructor(inner: Channel, road: Road, clock: Clock) {
    this.#inner = inner;
    this.#road = road;
    this.#clock = clock;
  }

  get peer() {
    return this.#inner.peer;
  }

  get tls() {
    return this.#inner.tls ?? null;
  }

  async read(): Promise<Uint8Array | null> {
    let bytes: Uint8Array | null = null;
    try {
      bytes = await this.#inner.read();
      if (this.#road.fault) await this.#road.pass(this.#clock, this.#ended.signal);
      return bytes;
    } catch (error) {
      // What was held back is given to nobody, and a key may be in it.
      bytes?.fill(0);
      throw this.#reason(error);
    }
  }

  // While the way hangs, what is written waits here, and the writer goes on as with a kernel's buffer.
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#ended.signal.aborted) throw this.#reason(new NetworkError('CLOSED', 'this side was closed'));
    if (!this.#held && this.#road.fault?.kind !== 'hang') return this.#inner.write(bytes);
    const copy = bytes.slice();
    const held = (this.#held ?? Promise.resolve())
      .then(() => this.#road.pass(this.#clock, this.#ended.signal))
      .then(() => this.#inner.write(copy))
      .catch(() => {})
      .finally(() => {
        copy.fill(0);
        if (this.#held === held) this.#held = null;
      });
    this.#held = held;
  }

  async close(): Promise<void> {
    this.#end();
    await this.#inner.close();
  }

  async abort(): Promise<void> {
    this.#end();
    await this.#inner.abort();
  }

  /** The peer's machine is gone: both sides see RESET. */
  cut(): void {
    if (this.#ended.signal.aborted) return;
    this.#cut = true;
    this.#end();
    void this.#inner.abort();
  }

  #end(): void {
    this.#road.channels.delete(this);
    this.#ended.abort();
  }

  #reason(error: unknown): unknown {
    if (this.#cut) return new NetworkError('RESET', 'the other side reset the connection');
    if (this.#ended.signal.aborted) return new NetworkError('CLOSED', 'this side was closed');
    return error;
  }
}

function givenUp(): NetworkError {
  return new NetworkError('ABORTED', 'the connection attempt was canceled');
}
