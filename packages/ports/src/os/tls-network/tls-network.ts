import type net from 'node:net';
import type { WorldClock } from '../../clock.js';
import {
  type Channel,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  type NetworkAddress,
  NetworkError,
} from '../../network.js';
import { dial } from './dial.js';
import { DialSlots } from './dial-slots.js';
import { Contexts } from './handshake.js';
import { LinkBoard } from './link-board.js';
import { TlsListener } from './listener.js';
import { OutsideEnd } from './outside-end.js';

/** For tests of the algorithm only. */
export interface TlsNetworkOptions {
  /** False leaves out the counting of bytes under way: a naive adapter, which tests show to fail. Default true. */
  readonly count?: boolean;
}

const LOOPBACK = '127.0.0.1';

/**
 * Mutual TLS over real sockets, for both clocks. Peers in this process are found by name in an address book, over
 * loopback ports that nobody else needs to know; what they see follows from their calls alone ({@link ChannelEnd}).
 * Peers outside are declared by host and port, never guessed. The rules: facts/virtual-time.md sections 2, 4 and 5.
 */
export class TlsNetwork implements Network {
  readonly #clock: WorldClock;
  readonly #board: LinkBoard;
  readonly #book = new Map<string, TlsListener>();
  readonly #slots = new DialSlots();
  readonly #contexts = new Contexts();
  readonly #servers = new Set<net.Server>();
  readonly #sockets = new Set<net.Socket>();
  // Aborted by dispose(): what sockets still have to say then is for nobody.
  readonly #life = new AbortController();

  constructor(clock: WorldClock, options: TlsNetworkOptions = {}) {
    this.#clock = clock;
    this.#board = new LinkBoard(clock, options.count ?? true, this.#life.signal);
  }

  /**
   * @throws NetworkError REFUSED, UNREACHABLE, TLS_FAILED, RESET, ABORTED; or the judge's own error. With TLS 1.3 a
   *   client that the server refuses is connected first, and reads the end of the stream then.
   */
  connect(address: NetworkAddress, options: ConnectOptions): Promise<Channel> {
    const seq = this.#clock.next();
    try {
      return 'name' in address
        ? this.#dialInside(seq, address.name, options)
        : this.#dialOutside(seq, address, options);
    } catch (error) {
      return new Promise((_, reject) => this.#clock.deliver(seq + 1, () => reject(error)));
    }
  }

  /**
   * @throws NetworkError ADDRESS_IN_USE, NOT_PERMITTED, UNREACHABLE, or TLS_FAILED for a key that is not its
   *   certificate's
   */
  async listen(address: NetworkAddress, options: ListenOptions): Promise<Listener> {
    return 'name' in address ? this.#listenInside(address.name, options) : this.#listenOutside(address, options);
  }

  /** After the run: closes whatever is still open, so that nothing of this world is left in the process. */
  async dispose(): Promise<void> {
    const closed = [...this.#servers].map((server) => new Promise((resolve) => server.close(resolve)));
    this.#life.abort();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
    this.#servers.clear();
    this.#sockets.clear();
    this.#book.clear();
  }

  #dialInside(seq: number, name: string, options: ConnectOptions): Promise<Channel> {
    const listener = this.#book.get(name);
    // The book knows; a freed port may be anybody's.
    if (!listener) throw new NetworkError('REFUSED', `${name} refused the connection: it is not running`);
    const secureContext = this.#contexts.of(options);
    const link = this.#board.link(seq);
    const { host, port } = listener.address;
    return dial({
      ...{ clock: this.#clock, slots: this.#slots, seq, host, port, secureContext, serverName: null, options },
      end: link.client.end,
      onSocket: (raw) => {
        this.#own(raw);
        link.client.attachRaw(raw);
      },
      onConnected: (raw, start) =>
        this.#board.dialled(port, raw, link, () => {
          listener.announce(seq, link.server.end);
          start();
        }),
      onSecure: (socket) => link.client.attachTls(socket),
    });
  }

  #dialOutside(seq: number, to: { host: string; port: number }, options: ConnectOptions): Promise<Channel> {
    const secureContext = this.#contexts.of(options);
    const end = new OutsideEnd(this.#clock, this.#life.signal);
    const stopPacing = this.#clock.outside();
    return dial({
      ...{ clock: this.#clock, slots: this.#slots, seq, ...to, secureContext, serverName: to.host, options, end },
      onSocket: (raw) => {
        this.#own(raw);
        end.attachRaw(raw);
      },
      onConnected: (_raw, start) => start(),
      onSecure: (socket) => end.attachTls(socket),
    }).finally(stopPacing);
  }

  async #listenInside(name: string, options: ListenOptions): Promise<Listener> {
    const listener = new TlsListener(this.#clock, options, this.#life.signal, () => {
      if (this.#book.get(name) === listener) this.#book.delete(name);
    });
    listener.acceptLinks(this.#board);
    await this.#open(listener, LOOPBACK, 0, () => {
      if (this.#book.has(name))
        throw new NetworkError('ADDRESS_IN_USE', `a listener is already running as ${name} already`);
      this.#book.set(name, listener);
    });
    return listener;
  }

  async #listenOutside(at: { host: string; port: number }, options: ListenOptions): Promise<Listener> {
    let stopPacing = () => {};
    const listener = new TlsListener(this.#clock, options, this.#life.signal, () => stopPacing());
    listener.acceptOutside();
    await this.#open(listener, at.host, at.port, () => {
      // Somebody outside may come at any moment.
      stopPacing = this.#clock.outside();
    });
    return listener;
  }

  // `ready` runs as the call's result, in its place in the order.
  #open(listener: TlsListener, host: string, port: number, ready: () => void): Promise<void> {
    const seq = this.#clock.next();
    const release = this.#clock.hold(`listen ${host}:${port}`);
    const { server } = listener;
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
    server.on('connection', (raw: net.Socket) => this.#own(raw));
    return new Promise<void>((resolve, reject) => {
      const answer = (run: () => void) =>
        this.#clock.deliver(seq + 1, () => {
          try {
            run();
            resolve();
          } catch (error) {
            server.close();
            reject(error);
          }
        });
      listener
        .open(host, port)
        .then(
          () => answer(ready),
          (error) =>
            answer(() => {
              throw error;
            }),
        )
        .finally(release);
    });
  }

  #own(raw: net.Socket): void {
    raw.setNoDelay(true);
    raw.on('error', () => {}); // the ends hear of it by their own
    this.#sockets.add(raw);
    raw.once('close', () => this.#sockets.delete(raw));
  }
}
