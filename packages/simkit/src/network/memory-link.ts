import { type Carrier, ChannelEnd, type WorldClock } from '@vcryptsim/ports';

/** Two ends of a connection with nothing between them: bytes are there as soon as they are sent. */
export class MemoryLink {
  readonly client: ChannelEnd;
  readonly server: ChannelEnd;

  /** @param seq number of the connect call */
  constructor(clock: WorldClock, seq: number) {
    this.client = new ChannelEnd(
      clock,
      seq,
      carryTo(() => [this.server, this.client]),
    );
    this.server = new ChannelEnd(
      clock,
      seq,
      carryTo(() => [this.client, this.server]),
    );
    ChannelEnd.join(this.client, this.server);
  }
}

// Half-open is off, as with sockets here: when one side ends, the other's end follows by itself.
function carryTo(ends: () => readonly [to: ChannelEnd, from: ChannelEnd]): Carrier {
  const end = () => {
    for (const one of ends()) one.ended();
  };
  return {
    send: (bytes) => {
      const copy = new Uint8Array(new ArrayBuffer(bytes.length)); // off the JS heap, as what a socket brings
      copy.set(bytes);
      ends()[0].arrive(copy);
    },
    shut: end,
    reset: end,
  };
}
