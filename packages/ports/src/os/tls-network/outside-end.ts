import type net from 'node:net';
import type tls from 'node:tls';
import { assert } from '../../assert.js';
import type { WorldClock } from '../../clock.js';
import { type ChannelEnding, NetworkError, type PeerCertificate, type TlsFacts } from '../../network.js';
import type { Guest } from '../../wire/admission.js';
import { Inbox } from '../../wire/inbox.js';

// A peer that never answers our FIN does not keep a socket for longer than this.
const LINGER_MS = 2000;

const NOBODY = (): void => {};

/**
 * Our end of a connection to another process. Its bytes take their number on arrival, so such a run is not repeatable;
 * while a read or a write waits for the peer, virtual time is no faster than the wall. Back-pressure is TCP's.
 */
export class OutsideEnd implements Guest {
  readonly #clock: WorldClock;
  readonly #life: AbortSignal;
  readonly #inbox = new Inbox();
  #raw: net.Socket | null = null;
  #tls: tls.TLSSocket | null = null;
  #peer: PeerCertificate | null = null;
  tls: TlsFacts | null = null;
  #broken = false;
  /** What the system or OpenSSL called it, such as an alert of the peer's. */
  #reason = '';
  #left = false;
  #ending: ChannelEnding | null = null;
  #wakeReader: () => void = NOBODY;
  #tellOver: () => void = NOBODY;
  #tellEnd: (ending: ChannelEnding) => void = NOBODY;
  readonly #lingering = new AbortController();

  /** @param life aborted when the network is disposed of; then ends are no news any more */
  constructor(clock: WorldClock, life: AbortSignal) {
    this.#clock = clock;
    this.#life = life;
  }

  get address(): string | null {
    return this.#raw?.remoteAddress ?? null;
  }

  get abandoned(): boolean {
    return false;
  }

  get peer(): PeerCertificate {
    assert(this.#peer, 'a channel is handed up after its peer was judged');
    return this.#peer;
  }

  accept(peer: PeerCertificate, tls: TlsFacts | null = null): void {
    this.#peer = peer;
    this.tls = tls;
  }

  whenOver(run: () => void): void {
    this.#tellOver = run;
  }

  onEnd(run: (ending: ChannelEnding) => void): void {
    this.#tellEnd = run;
    if (this.#ending) run(this.#ending);
  }

  attachRaw(raw: net.Socket): void {
    this.#raw = raw;
    raw.on('error', (error) => this.#break(error));
    raw.on('close', () => {
      this.#lingering.abort('closed'); // the default reason is an exception with a stack
      this.#onEnd();
      this.#onGone();
    });
  }

  attachTls(socket: tls.TLSSocket): void {
    this.#tls = socket;
    socket.on('error', (error) => this.#break(error));
    socket.on('data', (chunk: Uint8Array) => {
      const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      this.#clock.deliver(this.#clock.next(), () => this.#arrive(bytes));
    });
    socket.on('end', () => this.#onEnd());
    socket.on('close', () => this.#onEnd());
  }

  async read(): Promise<Uint8Array | null> {
    const stopPacing = this.#inbox.isEmpty && !this.#ending ? this.#clock.outside() : () => {};
    while (this.#inbox.isEmpty && !this.#ending) {
      assert(this.#wakeReader === NOBODY, 'a channel has one read at a time');
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
      this.#wakeReader = NOBODY;
    }
    stopPacing();
    if (!this.#inbox.isEmpty) {
      const bytes = this.#inbox.takeAll();
      this.#tls?.resume();
      return bytes;
    }
    if (this.#ending === 'EOF') return null;
    throw this.#failure();
  }

  write(bytes: Uint8Array): Promise<void> {
    const seq = this.#clock.next();
    const socket = this.#tls;
    return new Promise((resolve, reject) => {
      const fail = () => this.#clock.deliver(seq + 1, () => reject(this.#failure()));
      if (!this.#mayWrite || !socket?.writable) return fail();
      const stopPacing = this.#clock.outside();
      socket.write(bytes, (error) => {
        stopPacing();
        if (error) fail();
        else this.#clock.deliver(seq + 1, resolve);
      });
    });
  }

  close(): Promise<void> {
    return this.#leave((socket) => {
      socket.end();
      this.#clock.after(LINGER_MS, this.#lingering.signal).then(
        () => this.#raw?.destroy(),
        () => {},
      );
    });
  }

  abort(): Promise<void> {
    return this.#leave(() => {
      if (this.#raw?.connecting) this.#raw.destroy();
      else this.#raw?.resetAndDestroy();
    });
  }

  /** A peer that sends no more may still read, where this side was told to leave its half open. */
  get #mayWrite(): boolean {
    return this.#ending === null || (this.#ending === 'EOF' && this.#tls?.allowHalfOpen === true);
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#ending) {
      bytes.fill(0);
      return;
    }
    this.#inbox.add(bytes);
    if (this.#inbox.isFull) this.#tls?.pause();
    this.#wakeReader();
  }

  #break(error: Error): void {
    this.#broken = true;
    if (this.#reason === '' && 'code' in error) this.#reason = ` (${String(error.code)})`;
  }

  #onEnd(): void {
    if (this.#life.aborted) return;
    const ending = this.#broken ? 'RESET' : 'EOF';
    this.#clock.deliver(this.#clock.next(), () => this.#finish(ending));
  }

  /** After the end of what the peer sends, its half of the connection went too. */
  #onGone(): void {
    if (this.#ending === 'EOF' && !this.#life.aborted)
      this.#clock.deliver(this.#clock.next(), () => this.#tellEnd('RESET'));
  }

  #leave(act: (socket: net.Socket) => void): Promise<void> {
    const seq = this.#clock.next();
    const socket = this.#tls ?? this.#raw;
    if (!this.#left) {
      this.#left = true;
      if (this.#ending === 'EOF') this.#tellEnd('CLOSED');
      this.#finish('CLOSED');
      if (socket && !socket.destroyed) {
        act(socket);
        socket.resume(); // what nobody reads any more must not keep the peer's end from being seen
      }
    }
    return new Promise((resolve) => this.#clock.deliver(seq + 1, resolve));
  }

  #finish(ending: ChannelEnding): void {
    if (this.#ending) return;
    this.#ending = ending;
    if (ending !== 'EOF') this.#inbox.clear();
    this.#wakeReader();
    this.#tellOver();
    this.#tellEnd(ending);
  }

  #failure(): NetworkError {
    return this.#ending === 'CLOSED'
      ? new NetworkError('CLOSED', 'this side was closed')
      : new NetworkError('RESET', `the other side closed the connection${this.#reason}`);
  }
}
