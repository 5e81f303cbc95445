import { type Channel, NetworkError, type PeerCertificate } from '@vcryptsim/ports';

const peer: PeerCertificate = {
  subject: 'CN=peer',
  fingerprintSha256: '',
  publicKeySha256: '',
  alternativeNames: [],
  certificate: new Uint8Array(0),
};

/** One end of an in-memory connection, with what a test wants to see of it. */
export class TestChannel implements Channel {
  readonly peer = peer;
  /** Copies of everything this end wrote, one entry a write. */
  readonly written: Uint8Array[] = [];
  /** The very buffers that this end was given to write. */
  readonly given: Uint8Array[] = [];
  /** The very buffers that this end's reader was handed. */
  readonly handed: Uint8Array[] = [];
  readonly #inbox: (Uint8Array | null)[] = [];
  #wake: (() => void) | undefined;
  #ended: 'CLOSED' | 'RESET' | undefined;
  other: TestChannel | undefined;
  /** Cuts what the other end gets into chunks of this size; 0 leaves writes whole. */
  chunkBytes = 0;

  get ended(): string | undefined {
    return this.#ended;
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.#ended !== undefined) throw new NetworkError(this.#ended, 'the channel has ended');
      if (this.#inbox.length > 0) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const chunk = this.#inbox[0] ?? null;
    if (chunk !== null) {
      this.#inbox.shift();
      this.handed.push(chunk);
    }
    return chunk;
  }

  /** Hands on Buffers, as a socket does: their slice() shares memory, which must hurt nobody. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#ended !== undefined) throw new NetworkError(this.#ended, 'the channel has ended');
    if (this.other?.ended !== undefined) throw new NetworkError('RESET', 'the other end is gone');
    this.given.push(bytes);
    this.written.push(new Uint8Array(bytes));
    const step = this.chunkBytes || bytes.length;
    for (let at = 0; at < bytes.length; at += step) this.other?.receive(Buffer.from(bytes.subarray(at, at + step)));
  }

  receive(chunk: Uint8Array | null): void {
    this.#inbox.push(chunk);
    this.#wake?.();
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#ended = 'CLOSED';
    this.#wake?.();
    if (this.other?.ended === undefined) this.other?.receive(null);
  }

  async abort(): Promise<void> {
    this.#ended ??= 'CLOSED';
    this.#wake?.();
    this.other?.reset();
  }

  reset(): void {
    this.#ended ??= 'RESET';
    this.#wake?.();
  }
}

/** Two ends of one connection. */
export function channelPair(): [TestChannel, TestChannel] {
  const a = new TestChannel();
  const b = new TestChannel();
  a.other = b;
  b.other = a;
  return [a, b];
}
