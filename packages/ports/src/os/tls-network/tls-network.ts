import type { WorldClock } from '../../clock.js';
import type { Channel, ConnectOptions, Listener, ListenOptions, Network, NetworkAddress } from '../../network.js';

/** For tests of the algorithm only. */
export interface TlsNetworkOptions {
  /** False leaves out the counting of bytes under way: a naive adapter, which tests show to fail. Default true. */
  readonly count?: boolean;
}

/** Mutual TLS over real sockets, for both clocks. */
export class TlsNetwork implements Network {
  constructor(_clock: WorldClock, _options: TlsNetworkOptions = {}) {}
  connect(_address: NetworkAddress, _options: ConnectOptions): Promise<Channel> {
    throw new Error('not yet');
  }
  listen(_address: NetworkAddress, _options: ListenOptions): Promise<Listener> {
    throw new Error('not yet');
  }
  /** After the run: closes whatever is still open, so that nothing of this world is left in the process. */
  dispose(): Promise<void> {
    throw new Error('not yet');
  }
}
