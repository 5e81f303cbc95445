import type net from 'node:net';
import type { WorldClock } from '../../clock.js';
import { Link } from './link.js';

/** A dialled link that waits for the socket which the listener accepted. */
interface Dialled {
  readonly link: Link;
  readonly onMet: () => void;
}

/**
 * Where the two ends of a link find each other, by (server port, client port); either may come first. It also tells the
 * clock whether bytes are under way on any link that was used since the last quiet point.
 */
export class LinkBoard {
  readonly #clock: WorldClock;
  readonly #life: AbortSignal;
  readonly #dialled = new Map<string, Dialled>();
  readonly #met = new Map<string, Link>();
  // Accepted sockets that nobody here has dialled so far; true after one quiet point: then nobody will.
  readonly #strangers = new Map<string, { readonly raw: net.Socket; old: boolean }>();
  readonly #hot = new Set<Link>();

  /**
   * @param count false leaves out the counting of bytes: for the naive mode that tests show to fail
   * @param life aborted when the network is disposed of
   */
  constructor(clock: WorldClock, count: boolean, life: AbortSignal) {
    this.#clock = clock;
    this.#life = life;
    clock.addProbe({ moving: () => count && this.#moving(), settled: () => this.#settle() });
  }

  /** Makes the link of a connect call. */
  link(seq: number): Link {
    return new Link(this.#clock, seq, (link) => this.#touch(link), this.#life);
  }

  /** The client's socket is connected. `onMet` is called when the server's is there, at once or later. */
  dialled(serverPort: number, raw: net.Socket, link: Link, onMet: () => void): void {
    const key = `${serverPort}:${raw.localPort}`;
    this.#dialled.set(key, { link, onMet });
    raw.once('close', () => {
      if (this.#dialled.get(key)?.link === link) this.#dialled.delete(key);
    });
    this.#meet(key);
  }

  /** A listener accepted a socket. */
  accepted(serverPort: number, raw: net.Socket): void {
    const key = `${serverPort}:${raw.remotePort}`;
    this.#strangers.set(key, { raw, old: false });
    this.#meet(key);
  }

  /** The link whose server's side has these ports, if its ends have met. */
  find(serverPort: number, clientPort: number | undefined): Link | undefined {
    return this.#met.get(`${serverPort}:${clientPort}`);
  }

  #meet(key: string): void {
    this.#clock.touch();
    const dialled = this.#dialled.get(key);
    const stranger = this.#strangers.get(key);
    if (!dialled || !stranger) return;
    this.#dialled.delete(key);
    this.#strangers.delete(key);
    this.#met.set(key, dialled.link);
    stranger.raw.once('close', () => {
      if (this.#met.get(key) === dialled.link) this.#met.delete(key);
    });
    dialled.link.server.attachRaw(stranger.raw);
    this.#hot.add(dialled.link);
    dialled.onMet();
  }

  #touch(link: Link): void {
    if (link.closed) this.#hot.delete(link);
    else this.#hot.add(link);
    this.#clock.touch();
  }

  #moving(): boolean {
    for (const link of this.#hot) if (link.moving) return true;
    return false;
  }

  // Emptied here and not at the first balanced look, because a link may move again before the world is quiet.
  #settle(): void {
    this.#hot.clear();
    for (const [key, stranger] of this.#strangers) {
      if (stranger.old) {
        stranger.raw.destroy();
        this.#strangers.delete(key);
      }
      stranger.old = true;
    }
  }
}
