import {
  type Channel,
  type ConnectOptions,
  type Network,
  type NetworkAddress,
  NetworkError,
  type TlsFacts,
} from '@vcryptsim/ports';
import type { Flaw } from './flaws.js';

const SUITES = {
  'TLSv1.2': 'TLS_RSA_WITH_AES_128_CBC_SHA256',
  'TLSv1.3': 'TLS_AES_256_GCM_SHA384',
} as const;

/** A network without sockets whose connections say what a handshake would have agreed on. */
export class ToldTls implements Network {
  constructor(
    private readonly inner: Network,
    private readonly flaws: readonly Flaw[],
  ) {}

  async connect(address: NetworkAddress, options: ConnectOptions): Promise<Channel> {
    const newest = options.newestTls ?? 'TLSv1.3';
    if (newest === 'TLSv1.2' && this.flaws.includes('TLS 1.3 only')) {
      throw new NetworkError('TLS_FAILED', 'the TLS handshake did not finish: ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    }
    const version = this.flaws.includes('TLS 1.2 only') ? 'TLSv1.2' : newest;
    const channel = await this.inner.connect(address, options);
    return withTls(channel, { version, suite: SUITES[version] });
  }

  listen(...given: Parameters<Network['listen']>) {
    return this.inner.listen(...given);
  }
}

function withTls(channel: Channel, tls: TlsFacts): Channel {
  return {
    tls,
    get peer() {
      return channel.peer;
    },
    read: () => channel.read(),
    write: (bytes) => channel.write(bytes),
    close: () => channel.close(),
    abort: () => channel.abort(),
  };
}
