import type net from 'node:net';
import type tls from 'node:tls';
import type { WorldClock } from '../../clock.js';
import type { Listener, ListenOptions, PeerCertificate } from '../../network.js';
import { Admission, type Guest } from '../../wire/admission.js';
import { createServer, judgePeer } from './handshake.js';
import type { LinkBoard } from './link-board.js';
import { OutsideEnd } from './outside-end.js';
import { listenError } from './socket-error.js';

/** A connection that a listener accepted: where its results belong in the order, and its end. */
interface Accepted {
  readonly seq: number;
  readonly end: Guest;
  attachTls(socket: tls.TLSSocket): void;
}

/** An open door: a TLS server whose accepted connections belong to links of this process, or to peers outside it. */
export class TlsListener implements Listener {
  readonly #clock: WorldClock;
  readonly #options: ListenOptions;
  readonly #server: tls.Server;
  readonly #admission: Admission;
  readonly #life: AbortSignal;
  readonly #onClose: () => void;
  #address = { host: '', port: 0 };

  /**
   * @param life aborted when the network is disposed of
   * @param onClose called at once when the listener is closed
   * @throws NetworkError TLS_FAILED when a key and its certificate do not belong together
   */
  constructor(clock: WorldClock, options: ListenOptions, life: AbortSignal, onClose: () => void) {
    this.#clock = clock;
    this.#options = options;
    this.#life = life;
    this.#onClose = onClose;
    this.#admission = new Admission(clock, options);
    life.addEventListener('abort', () => this.#admission.dispose(), { once: true });
    this.#server = createServer(options.identities);
    this.#server.on('tlsClientError', () => clock.touch());
  }

  get address(): { readonly host: string; readonly port: number } {
    return this.#address;
  }

  /** The server beneath, for the one who must close it after the run. */
  get server(): net.Server {
    return this.#server;
  }

  /** Accepts connections of this process only, on a loopback port of its own. */
  acceptLinks(board: LinkBoard): void {
    this.#server.on('connection', (raw) => board.accepted(this.#address.port, raw));
    this.#serve((socket) => {
      const link = board.find(this.#address.port, socket.remotePort);
      return link && { seq: link.seq, end: link.server.end, attachTls: (tls) => link.server.attachTls(tls) };
    });
  }

  /** Accepts connections of other processes. */
  acceptOutside(): void {
    const waiting = new Map<string, Accepted>();
    const name = (socket: net.Socket) => `${socket.remoteAddress}|${socket.remotePort}`;
    this.#server.on('connection', (raw) => {
      const end = new OutsideEnd(this.#clock, this.#life);
      const seq = this.#clock.next();
      const key = name(raw);
      end.attachRaw(raw);
      const attachTls = (socket: tls.TLSSocket) => {
        // Who sends no more may still want its answer; whoever serves the channel ends it.
        socket.allowHalfOpen = true;
        end.attachTls(socket);
      };
      waiting.set(key, { seq, end, attachTls });
      raw.once('close', () => waiting.delete(key));
      this.announce(seq, end);
    });
    this.#serve((socket) => waiting.get(name(socket)));
  }

  /** Tells the door of a connection that came in. */
  announce(seq: number, end: Guest): void {
    this.#clock.deliver(seq, () => this.#admission.announce(end));
  }

  /** Opens the real port. Rejects with NetworkError ADDRESS_IN_USE, NOT_PERMITTED or UNREACHABLE; not delivered. */
  open(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.on('error', (error) => reject(listenError(error, host, port)));
      this.#server.listen({ host, port }, () => {
        const address = this.#server.address();
        if (address && typeof address === 'object') this.#address = { host: address.address, port: address.port };
        resolve();
      });
    });
  }

  // The name goes at once; who dialled in this turn still gets in.
  close(): Promise<void> {
    this.#onClose();
    return new Promise((resolve) => {
      this.#clock.deliver(this.#clock.next(), () => {
        this.#server.close();
        resolve();
      });
    });
  }

  #serve(find: (socket: tls.TLSSocket) => Accepted | undefined): void {
    this.#server.on('secureConnection', (socket) => {
      const accepted = find(socket);
      if (!accepted) {
        socket.destroy();
        return;
      }
      socket.disableRenegotiation();
      accepted.attachTls(socket);
      this.#judge(socket).then(
        (peer) => this.#clock.deliver(accepted.seq, () => this.#admission.admit(accepted.end, peer)),
        (error) => this.#clock.deliver(accepted.seq, () => this.#admission.refuse(accepted.end, error)),
      );
    });
  }

  async #judge(socket: tls.TLSSocket): Promise<PeerCertificate> {
    const release = this.#clock.hold('judge peer');
    try {
      return await judgePeer(socket, this.#options.judge);
    } finally {
      release();
    }
  }
}
