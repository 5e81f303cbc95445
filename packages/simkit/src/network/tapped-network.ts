import type { Channel, ConnectOptions, Listener, ListenOptions, Network, NetworkAddress } from '@vcryptsim/ports';

/** One connection as the tap sees it; the object itself is its identity. */
export interface TapConnection {
  /** 1, 2, 3 ... in the order in which this tap saw connections begin. */
  readonly number: number;
  readonly from: string;
  readonly to: string;
  /** ID of the operation for which it was opened, where the side that connects says one. */
  readonly onBehalfOf?: string;
}

/** Bytes above TLS, in the clear. */
export interface TapFrame {
  readonly connection: TapConnection;
  readonly direction: 'to-server' | 'to-client';
  /** Valid during the call only: it may hold keys, so keep a redacted rendering, never these bytes. */
  readonly bytes: Uint8Array;
}

/** Who looks at the wire. */
export interface TapObserver {
  opened?(connection: TapConnection): void;
  frame(frame: TapFrame): void;
  /** Told once, with the bytes that passed; 0 and 0 for a connection that said nothing. */
  closed?(connection: TapConnection, passed: { readonly toServerBytes: number; readonly toClientBytes: number }): void;
}

/** A network that shows an observer everything that the side that connects writes and reads. */
export class TappedNetwork implements Network {
  readonly #inner: Network;
  readonly #from: string;
  readonly #observer: TapObserver;
  #connections = 0;

  /** @param from the actor whose connections these are, for example `vcenter` */
  constructor(inner: Network, from: string, observer: TapObserver) {
    this.#inner = inner;
    this.#from = from;
    this.#observer = observer;
  }

  async connect(address: NetworkAddress, options: ConnectOptions): Promise<Channel> {
    const channel = await this.#inner.connect(address, options);
    const to = 'name' in address ? address.name : `${address.host}:${address.port}`;
    this.#connections++;
    const { onBehalfOf } = options;
    const own = { number: this.#connections, from: this.#from, to };
    const connection: TapConnection = { ...own, ...(onBehalfOf !== undefined && { onBehalfOf }) };
    this.#observer.opened?.(connection);
    return new TappedChannel(channel, connection, this.#observer);
  }

  listen(address: NetworkAddress, options: ListenOptions): Promise<Listener> {
    return this.#inner.listen(address, options);
  }
}

class TappedChannel implements Channel {
  readonly #inner: Channel;
  readonly #connection: TapConnection;
  readonly #observer: TapObserver;
  #toServerBytes = 0;
  #toClientBytes = 0;
  #open = true;

  constructor(inner: Channel, connection: TapConnection, observer: TapObserver) {
    this.#inner = inner;
    this.#connection = connection;
    this.#observer = observer;
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
      if (!bytes) {
        this.#ended();
        return null;
      }
      this.#toClientBytes += bytes.length;
      this.#observer.frame({ connection: this.#connection, direction: 'to-client', bytes });
      return bytes;
    } catch (error) {
      // When it was the observer that failed, the bytes reach nobody.
      bytes?.fill(0);
      this.#ended();
      throw error;
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#open) {
      this.#toServerBytes += bytes.length;
      this.#observer.frame({ connection: this.#connection, direction: 'to-server', bytes });
    }
    return this.#inner.write(bytes);
  }

  close(): Promise<void> {
    this.#ended();
    return this.#inner.close();
  }

  abort(): Promise<void> {
    this.#ended();
    return this.#inner.abort();
  }

  #ended(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#observer.closed?.(this.#connection, {
      toServerBytes: this.#toServerBytes,
      toClientBytes: this.#toClientBytes,
    });
  }
}
