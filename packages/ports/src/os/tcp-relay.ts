import { once } from 'node:events';
import net from 'node:net';
import { listenError } from './tls-network/socket-error.js';

/**
 * What a relay does.
 * - `pass`: it passes everything on.
 * - `refuse`: nobody listens, and connections that were open are reset.
 * - `hang`: connections are taken, and nothing goes on until the mode changes; then what was held back does.
 * - `slow`: whatever the target says comes `delayMs` later.
 */
export type RelayMode =
  | { readonly kind: 'pass' }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'slow'; readonly delayMs: number };

const LOOPBACK = '127.0.0.1';
/** What one direction holds back at most before it stops reading. */
const HELD_BYTES_MAX = 256 * 1024;

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
    void this.#gate().then(() => {
      if (inbound.destroyed) return;
      const outbound = net.connect({ ...this.#target, noDelay: true });
      this.#own(outbound);
      outbound.once('error', () => reset(inbound));
      inbound.once('error', () => reset(outbound));
      this.#pass(inbound, outbound, () => 0);
      this.#pass(outbound, inbound, () => (this.#mode.kind === 'slow' ? this.#mode.delayMs : 0));
    });
  }

  // Each piece waits from when it came, so that a delay is a longer way and not a narrower one.
  #pass(from: net.Socket, to: net.Socket, delayMs: () => number): void {
    let last: Promise<unknown> = Promise.resolve();
    let heldBytes = 0;
    from.on('data', (piece) => {
      heldBytes += piece.length;
      if (heldBytes > HELD_BYTES_MAX) from.pause();
      const late = delayMs() > 0 ? new Promise((resolve) => setTimeout(resolve, delayMs())) : undefined;
      last = last.then(async () => {
        await late;
        await this.#gate();
        if (!to.destroyed) await new Promise<unknown>((written) => to.write(piece, written));
        heldBytes -= piece.length;
        from.resume();
      });
    });
    from.once('end', () => void last.then(() => to.end()));
    from.once('close', () => void last.then(() => to.destroySoon()));
    from.resume();
  }

  /** Waits while the way hangs. */
  async #gate(): Promise<void> {
    while (this.#mode.kind === 'hang') await new Promise<void>((wake) => this.#waiting.add(wake));
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
