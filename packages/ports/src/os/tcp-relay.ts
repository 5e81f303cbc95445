import { once } from 'node:events';
import net from 'node:net';
import { listenError } from './tls-network/socket-error.js';

/**
 * What a relay does.
 * - `pass`: it passes everything on.
 * - `refuse`: nobody listens, and connections that were open are reset.
 * - `hang`: connections are taken, and nothing goes on until the mode changes; then what was held back does.
 * - `slow`: each dial, and each piece of what the target says, comes `delayMs` later.
 */
export type RelayMode =
  | { readonly kind: 'pass' }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'slow'; readonly delayMs: number };

const LOOPBACK = '127.0.0.1';

/**
 * Passes TCP connections on from a loopback port of its own to a server outside, and breaks that way on demand. It looks
 * at nothing and keeps nothing. Server and relay live in real time, whatever clock their client has.
 */
export class TcpRelay {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<net.Socket>();
  readonly #waiting = new Set<() => void>();
  #server: net.Server | null = null;
  #port = 0;
  #mode: RelayMode = { kind: 'pass' };

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
  }

  /**
   * Opens a relay that passes everything on.
   *
   * @param target host and port of the server; dialled anew for each connection
   * @throws NetworkError
   */
  static async open(target: { readonly host: string; readonly port: number }): Promise<TcpRelay> {
    const relay = new TcpRelay(target);
    await relay.#listen();
    return relay;
  }

  /** Where clients connect. It may be another port after `refuse`, when somebody took the old one meanwhile. */
  get address(): { readonly host: string; readonly port: number } {
    return { host: LOOPBACK, port: this.#port };
  }

  /** Changes what it does from now on. Resolves when that holds. @throws NetworkError */
  async set(mode: RelayMode): Promise<void> {
    this.#mode = mode;
    if (mode.kind === 'refuse') await this.#unlisten();
    else if (this.#server === null) await this.#listen();
    if (mode.kind === 'hang') return;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Ends it with all its connections. */
  async close(): Promise<void> {
    await this.set({ kind: 'refuse' });
  }

  async #listen(): Promise<void> {
    const server = net.createServer((inbound) => this.#accept(inbound));
    try {
      await listening(server, this.#port);
    } catch (error) {
      if (this.#port === 0) throw listenError(error, LOOPBACK, this.#port);
      await listening(server, 0);
    }
    const address = server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
    this.#server = server;
  }

  async #unlisten(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) reset(socket);
    await closed;
  }

  #accept(inbound: net.Socket): void {
    this.#own(inbound);
    inbound.pause();
    void this.#gate(true).then(() => {
      if (inbound.destroyed) return;
      const outbound = net.connect({ ...this.#target, noDelay: true });
      this.#own(outbound);
      outbound.once('error', () => reset(inbound));
      inbound.once('error', () => reset(outbound));
      this.#pass(inbound, outbound, false);
      this.#pass(outbound, inbound, true);
    });
  }

  // One piece at a time, so that order and back-pressure stay TCP's.
  #pass(from: net.Socket, to: net.Socket, late: boolean): void {
    let under: Promise<void> = Promise.resolve();
    from.on('data', (piece) => {
      from.pause();
      under = this.#gate(late).then(() => {
        if (!to.destroyed) to.write(piece, () => from.resume());
      });
    });
    from.once('end', () => void under.then(() => to.end()));
    from.once('close', () => void under.then(() => to.destroySoon()));
    from.resume();
  }

  /** Waits while the way hangs, then, for what is to be late, as long as it is slow. */
  async #gate(late: boolean): Promise<void> {
    while (this.#mode.kind === 'hang') await new Promise<void>((wake) => this.#waiting.add(wake));
    const { delayMs } = this.#mode.kind === 'slow' && late ? this.#mode : { delayMs: 0 };
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  }

  #own(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {}); // each side hears of the other's end by `close`
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

// libuv refuses to reset a socket that is dialling or shutting down, and node then never closes it: the process would
// spin at its end (node 20.20).
function reset(socket: net.Socket): void {
  if (socket.connecting || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

function listening(server: net.Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: LOOPBACK, port }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
