import type { WorldClock } from '../../clock.js';
import { ChannelEnd } from '../../wire/channel-end.js';
import { LinkSide } from './link-side.js';

/** A connection whose two ends live in this process. */
export class Link {
  readonly seq: number;
  readonly client: LinkSide;
  readonly server: LinkSide;

  /**
   * @param seq number of the connect call
   * @param touch says that something happened on this link
   * @param life aborted when the network is disposed of
   */
  constructor(clock: WorldClock, seq: number, touch: (link: Link) => void, life: AbortSignal) {
    this.seq = seq;
    this.client = new LinkSide(clock, seq, () => touch(this), life);
    this.server = new LinkSide(clock, seq, () => touch(this), life);
    ChannelEnd.join(this.client.end, this.server.end);
  }

  /** True while bytes or an end are under way in either direction. Counting them covers handshakes, tickets, alerts. */
  get moving(): boolean {
    return this.client.hasBytesUnderWayTo(this.server) || this.server.hasBytesUnderWayTo(this.client);
  }

  get closed(): boolean {
    return this.client.closed && this.server.closed;
  }
}
