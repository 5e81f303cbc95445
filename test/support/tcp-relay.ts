import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Passes TCP connections on to a port of this machine and keeps every byte that it passed: a tap below TLS. */
export class TcpRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #captured: Buffer[] = [];
  #connections = 0;

  private constructor(targetPort: number) {
    this.#server = createServer((inbound) => {
      this.#connections += 1;
      const outbound = connect(targetPort, '127.0.0.1');
      this.#pass(inbound, outbound);
      this.#pass(outbound, inbound);
    });
  }

  /** Listens on a free port of the loopback. */
  static async open(targetPort: number): Promise<TcpRelay> {
    const relay = new TcpRelay(targetPort);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Every byte so far, both directions, in the order in which it came. */
  captured(): Uint8Array {
    return Buffer.concat(this.#captured);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => {
      this.#captured.push(bytes);
      to.write(bytes);
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => this.#sockets.delete(from));
  }
}
