import { X509Certificate } from 'node:crypto';
import {
  Admission,
  type Channel,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  type NetworkAddress,
  NetworkError,
  type PeerCertificate,
  type TlsIdentity,
  type WorldClock,
} from '@vcryptsim/ports';
import { MemoryLink } from './memory-link.js';

interface Door {
  readonly options: ListenOptions;
  readonly admission: Admission;
}

/**
 * A network without sockets, between names inside the world only. It has the outcomes of mutual TLS: both sides' chains
 * go to the judges, a key must be its certificate's, a client that is refused is connected first and then reads the end
 * of the stream. It goes through the same calls of the clock in the same turns as the network over TLS and shares its
 * channel ends, so one seed gives the same log on both.
 */
export class MemoryNetwork implements Network {
  readonly #clock: WorldClock;
  readonly #book = new Map<string, Door>();
  // Identities whose key is their certificate's: that does not change.
  readonly #proven = new WeakSet<TlsIdentity>();

  constructor(clock: WorldClock) {
    this.#clock = clock;
  }

  connect(address: NetworkAddress, options: ConnectOptions): Promise<Channel> {
    const seq = this.#clock.next();
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => this.#clock.deliver(seq + 1, () => reject(error));
      const door = 'name' in address ? this.#book.get(address.name) : undefined;
      if (!door) fail(new NetworkError('REFUSED', `${textOf(address)} refused the connection: it is not running`));
      else if (!this.#ownsItsKey(options.identity)) fail(keyError());
      else this.#shakeHands(seq, door, options, resolve, reject);
    });
  }

  listen(address: NetworkAddress, options: ListenOptions): Promise<Listener> {
    const seq = this.#clock.next();
    return new Promise((resolve, reject) => {
      this.#clock.deliver(seq + 1, () => {
        if (!('name' in address)) {
          reject(new NetworkError('NOT_PERMITTED', 'the memory wire has no real ports; use the TLS wire for them'));
        } else if (!options.identities.every((identity) => this.#ownsItsKey(identity))) {
          reject(keyError());
        } else if (this.#book.has(address.name)) {
          reject(new NetworkError('ADDRESS_IN_USE', `a listener is already running as ${address.name} already`));
        } else {
          resolve(this.#open(address.name, options));
        }
      });
    });
  }

  /** Takes every name out of the book; channels end with their owners. */
  async dispose(): Promise<void> {
    this.#book.clear();
  }

  #open(name: string, options: ListenOptions): Listener {
    const door = { options, admission: new Admission(this.#clock, options) };
    this.#book.set(name, door);
    return {
      address: { host: name, port: 0 },
      close: () => {
        if (this.#book.get(name) === door) this.#book.delete(name);
        return new Promise((resolve) => this.#clock.deliver(this.#clock.next(), resolve));
      },
    };
  }

  #shakeHands(
    seq: number,
    { options: server, admission }: Door,
    client: ConnectOptions,
    resolve: (channel: Channel) => void,
    reject: (error: unknown) => void,
  ): void {
    const link = new MemoryLink(this.#clock, seq);
    let answered = false;
    const answer = (run: () => void) => {
      if (answered) return;
      answered = true;
      client.signal?.removeEventListener('abort', giveUp);
      this.#clock.deliver(seq + 1, run);
    };
    const giveUp = () => {
      void link.client.abort();
      answer(() => reject(new NetworkError('ABORTED', 'the connection attempt was canceled')));
    };
    if (client.signal?.aborted) {
      giveUp();
      return;
    }
    client.signal?.addEventListener('abort', giveUp, { once: true });
    this.#clock.deliver(seq, () => admission.announce(link.server));
    this.#judge(client.identity, server.judge).then(
      (peer) => this.#clock.deliver(seq, () => admission.admit(link.server, peer)),
      (error) => this.#clock.deliver(seq, () => admission.refuse(link.server, error)),
    );
    this.#judge(shownBy(server.identities), client.judge).then(
      (peer) =>
        answer(() => {
          link.client.accept(peer);
          resolve(link.client);
        }),
      (error) =>
        answer(() => {
          void link.client.close();
          reject(error);
        }),
    );
  }

  #ownsItsKey(identity: TlsIdentity): boolean {
    if (this.#proven.has(identity)) return true;
    const [leaf] = identity.chain;
    if (leaf && !new X509Certificate(leaf).checkPrivateKey(identity.privateKey)) return false;
    this.#proven.add(identity);
    return true;
  }

  async #judge(shown: TlsIdentity | undefined, judge: ConnectOptions['judge']): Promise<PeerCertificate> {
    const release = this.#clock.hold('judge peer');
    try {
      return await judge(shown?.chain ?? []);
    } finally {
      release();
    }
  }
}

// OpenSSL's clients ask for elliptic curves first.
function shownBy(identities: readonly TlsIdentity[]): TlsIdentity | undefined {
  return identities.find(({ privateKey }) => privateKey.asymmetricKeyType === 'ec') ?? identities[0];
}

function keyError(): NetworkError {
  return new NetworkError('TLS_FAILED', 'this identity cannot be used for TLS; is it the right key?');
}

function textOf(address: NetworkAddress): string {
  return 'name' in address ? address.name : `${address.host}:${address.port}`;
}
