import { assert } from '../assert.js';
import type { WorldClock } from '../clock.js';
import { NetworkError, type PeerCertificate, type TlsFacts } from '../network.js';
import type { Guest } from './admission.js';
import { Inbox } from './inbox.js';

/** What takes the bytes of one end to the other: a socket, or nothing but memory. */
export interface Carrier {
  /** Sends bytes; they come out at the other end's {@link ChannelEnd.arrive}, whole or in pieces, later or at once. */
  send(bytes: Uint8Array): void;
  /** Orderly end: after everything that was sent, the other end is told by {@link ChannelEnd.ended}. */
  shut(): void;
  /** A pulled plug: the other end is told by {@link ChannelEnd.ended}, and bytes on the way may be lost. */
  reset(): void;
}

/** One write of the application, on its way. */
interface Write {
  readonly seq: number;
  readonly lengthBytes: number;
  readonly resolve: () => void;
  lost: boolean;
}

/** How a connection ended, as this end was told. */
type Ending = 'EOF' | 'RESET' | 'CLOSED';

const NOBODY = (): void => {};

const ENDINGS = {
  EOF: ['RESET', 'the other side closed the connection'],
  RESET: ['RESET', 'the other side reset the connection'],
  CLOSED: ['CLOSED', 'this side was closed'],
} as const;

/**
 * One end of a connection whose two ends live in this process. What an application sees of it follows from the calls
 * of both sides and their order, never from how the carrier moved the bytes:
 *
 * - A write becomes visible whole, at the number of its call, whatever pieces the carrier made of it.
 * - `close()`: everything written arrives, then EOF. `abort()`: the peer sees RESET, and what was written but not yet
 *   *delivered* is lost, even if the carrier has brought it already.
 * - A write fails only after the end was delivered; before that it succeeds into the void, as with TCP.
 * - While more than 1 MiB lies unread at the peer, `write` stays pending. It holds nothing: a peer that does not read
 *   costs virtual time only, and the carrier is drained all the while (facts/virtual-time.md section 2).
 */
export class ChannelEnd implements Guest {
  readonly address = null;
  readonly #clock: WorldClock;
  readonly #linkSeq: number;
  readonly #carrier: Carrier;
  readonly #inbox = new Inbox();
  #other: ChannelEnd | null = null;
  #peer: PeerCertificate | null = null;
  tls: TlsFacts | null = null;

  // Writes of ours: those whose bytes the other end has not got, and those that it has not been shown.
  readonly #sent: Write[] = [];
  readonly #unseen = new Set<Write>();
  // Bytes from the other end that do not make a whole write yet.
  readonly #pieces = new Inbox();
  // Writers at the other end that wait for room here.
  #waitingForRoom: (() => void)[] = [];

  #leftSeq = 0;
  #plugPulled = false;
  #sawEnd = false;
  #ending: Ending | null = null;
  #wakeReader: () => void = NOBODY;
  #tellOver: () => void = NOBODY;

  /**
   * @param linkSeq number of the connect call, at which the end of a failed handshake becomes visible
   * @param carrier takes our bytes to the other end
   */
  constructor(clock: WorldClock, linkSeq: number, carrier: Carrier) {
    this.#clock = clock;
    this.#linkSeq = linkSeq;
    this.#carrier = carrier;
  }

  /** Makes two ends know each other. */
  static join(a: ChannelEnd, b: ChannelEnd): void {
    a.#other = b;
    b.#other = a;
  }

  get peer(): PeerCertificate {
    assert(this.#peer, 'a channel is handed up after its peer was judged');
    return this.#peer;
  }

  get abandoned(): boolean {
    return this.#peerEnd.#leftSeq > 0;
  }

  accept(peer: PeerCertificate, tls: TlsFacts | null = null): void {
    this.#peer = peer;
    this.tls = tls;
  }

  whenOver(run: () => void): void {
    this.#tellOver = run;
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#inbox.isEmpty && !this.#ending) {
      assert(this.#wakeReader === NOBODY, 'a channel has one read at a time');
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
      this.#wakeReader = NOBODY;
    }
    if (!this.#inbox.isEmpty) {
      for (const resolve of this.#waitingForRoom.splice(0)) this.#clock.deliver(this.#clock.next(), resolve);
      return this.#inbox.takeAll();
    }
    if (this.#ending === 'EOF') return null;
    throw this.#failure();
  }

  write(bytes: Uint8Array): Promise<void> {
    const seq = this.#clock.next();
    return new Promise((resolve, reject) => {
      if (this.#ending) return this.#clock.deliver(seq + 1, () => reject(this.#failure()));
      const intoTheVoid = this.#sawEnd || this.abandoned;
      if (bytes.length === 0 || intoTheVoid) return this.#clock.deliver(seq + 1, resolve);
      const write = { seq, lengthBytes: bytes.length, resolve, lost: false };
      this.#sent.push(write);
      this.#unseen.add(write);
      this.#carrier.send(bytes);
    });
  }

  close(): Promise<void> {
    return this.#leave(() => this.#carrier.shut());
  }

  abort(): Promise<void> {
    return this.#leave(() => {
      this.#plugPulled = true;
      for (const write of this.#unseen) write.lost = true;
      this.#carrier.reset();
    });
  }

  /** The carrier brought bytes of the other end, which from now on are ours. Stages only; may run in a kernel callback. */
  arrive(piece: Uint8Array): void {
    this.#pieces.add(piece);
    const sent = this.#peerEnd.#sent;
    for (let write = sent[0]; write && this.#pieces.lengthBytes >= write.lengthBytes; write = sent[0]) {
      sent.shift();
      this.#stage(write, this.#pieces.take(write.lengthBytes));
    }
  }

  /** The carrier says that nothing more will come. Stages only; may run in a kernel callback. */
  ended(): void {
    if (this.#sawEnd) return;
    this.#sawEnd = true;
    this.#pieces.clear();
    const other = this.#peerEnd;
    for (const write of other.#sent.splice(0)) this.#clock.deliver(write.seq + 1, write.resolve);
    this.#clock.deliver(other.#leftSeq || this.#linkSeq, () => this.#finish(other.#plugPulled ? 'RESET' : 'EOF'));
  }

  #stage(write: Write, bytes: Uint8Array): void {
    this.#clock.deliver(write.seq, () => {
      this.#peerEnd.#unseen.delete(write);
      if (write.lost || this.#ending) {
        bytes.fill(0);
        return;
      }
      this.#inbox.add(bytes);
      this.#wakeReader();
    });
    this.#clock.deliver(write.seq + 1, () => {
      if (this.#inbox.isFull && !this.#ending) this.#waitingForRoom.push(write.resolve);
      else write.resolve();
    });
  }

  #leave(act: () => void): Promise<void> {
    const seq = this.#clock.next();
    if (!this.#leftSeq) {
      this.#leftSeq = seq;
      act();
      this.#finish('CLOSED');
    }
    return new Promise((resolve) => this.#clock.deliver(seq + 1, resolve));
  }

  #finish(ending: Ending): void {
    if (this.#ending) return;
    this.#ending = ending;
    if (ending !== 'EOF') this.#inbox.clear();
    for (const resolve of this.#waitingForRoom.splice(0)) resolve();
    this.#wakeReader();
    this.#tellOver();
  }

  #failure(): NetworkError {
    const [code, message] = ENDINGS[this.#ending ?? 'CLOSED'];
    return new NetworkError(code, message);
  }

  get #peerEnd(): ChannelEnd {
    assert(this.#other, 'both ends of a link are made together');
    return this.#other;
  }
}
