import type net from 'node:net';
import type tls from 'node:tls';
import type { WorldClock } from '../../clock.js';
import { type Carrier, ChannelEnd } from '../../wire/channel-end.js';
import { bytesSent } from './raw-socket.js';

/**
 * One side of a link inside this process: its sockets under a {@link ChannelEnd}. It drains the kernel always, whether
 * the application reads or not: a paused socket would leave bytes under way for ever.
 */
export class LinkSide implements Carrier {
  readonly end: ChannelEnd;
  readonly #touch: () => void;
  readonly #life: AbortSignal;
  #raw: net.Socket | null = null;
  #tls: tls.TLSSocket | null = null;
  #shut = false;
  #sawEnd = false;
  #closed = false;

  /**
   * @param touch says that something happened on this side's link
   * @param life aborted when the network is disposed of; then ends are no news any more
   */
  constructor(clock: WorldClock, seq: number, touch: () => void, life: AbortSignal) {
    this.end = new ChannelEnd(clock, seq, this);
    this.#touch = touch;
    this.#life = life;
  }

  /** True once the socket is closed on this side. */
  get closed(): boolean {
    return this.#closed;
  }

  attachRaw(raw: net.Socket): void {
    this.#raw = raw;
    raw.on('error', this.#touch);
    raw.on('close', () => {
      this.#closed = true;
      this.#onEnd();
    });
  }

  /** Takes the bytes above TLS. A raw socket under TLS emits no `end`, so that is taken from here too. */
  attachTls(socket: tls.TLSSocket): void {
    this.#tls = socket;
    socket.on('error', this.#touch);
    socket.on('data', (chunk: Uint8Array) => {
      this.#touch();
      this.end.arrive(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    });
    socket.on('end', () => this.#onEnd());
    socket.on('close', () => this.#onEnd());
  }

  send(bytes: Uint8Array): void {
    this.#tls?.write(bytes);
    this.#touch();
  }

  shut(): void {
    this.#shut = true;
    const socket = this.#tls ?? this.#raw;
    if (socket && !socket.destroyed) socket.end();
    this.#touch();
  }

  reset(): void {
    this.#shut = true;
    if (this.#raw?.connecting) this.#raw.destroy();
    else if (this.#raw && !this.#raw.destroyed) this.#raw.resetAndDestroy();
    this.#touch();
  }

  /** True while ciphertext or an end that this side sent has not reached the other side's adapter. */
  hasBytesUnderWayTo(other: LinkSide): boolean {
    if (!this.#raw || !other.#raw || other.#closed) return false;
    const sent = this.#shut || this.#closed ? null : bytesSent(this.#raw);
    return sent === null ? !other.#sawEnd : sent !== other.#raw.bytesRead;
  }

  // Half-open is off, so our own end follows by itself.
  #onEnd(): void {
    this.#touch();
    this.#sawEnd = true;
    this.#shut = true;
    if (!this.#life.aborted) this.end.ended();
  }
}
