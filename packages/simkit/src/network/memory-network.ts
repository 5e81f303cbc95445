import type {
  Channel,
  ConnectOptions,
  Listener,
  ListenOptions,
  Network,
  NetworkAddress,
  WorldClock,
} from '@vcryptsim/ports';

/** A network without sockets. */
export class MemoryNetwork implements Network {
  readonly clock: WorldClock;
  constructor(clock: WorldClock) {
    this.clock = clock;
  }
  connect(_address: NetworkAddress, _options: ConnectOptions): Promise<Channel> {
    throw new Error('not yet');
  }
  listen(_address: NetworkAddress, _options: ListenOptions): Promise<Listener> {
    throw new Error('not yet');
  }
  dispose(): Promise<void> {
    return Promise.resolve();
  }
}
