import { ClockError } from '@vcryptsim/ports';
import { formatVersion, KMIP_1_0, KMIP_1_1, type ProtocolVersion, sameVersion } from '../message/protocol-version.js';
import { KmipClientError } from './client-error.js';
import type { KmipClientOptions } from './client-options.js';
import { KmipConnection } from './kmip-connection.js';
import type { KmipSession } from './kmip-session.js';

/** A session that lasts until it is closed. */
export type OpenSession = KmipSession & { close(): Promise<void> };

/** A KMIP client of one key server. */
export class KmipClient {
  #options: KmipClientOptions;

  constructor(options: KmipClientOptions) {
    this.#options = options;
  }

  /**
   * Opens one connection, does `work` on it and closes it, however `work` ends.
   *
   * @returns what `work` returned
   * @throws KmipClientError TIMED_OUT when no connection comes about in time; what `connect` or `work` rejects with
   */
  async session<T>(work: (session: KmipSession) => Promise<T>): Promise<T> {
    const connection = await this.open();
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  /** Opens a connection to keep; the caller closes it. Throws as {@link KmipClient.session}. */
  async open(): Promise<OpenSession> {
    const { clock, connect, timeoutMs } = this.#options;
    const attempt = new AbortController();
    try {
      const channel = await clock.within(timeoutMs, connect(attempt.signal), () => attempt.abort());
      return new KmipConnection(channel, this.#options);
    } catch (error) {
      if (error instanceof ClockError && error.code === 'TIMED_OUT') {
        throw new KmipClientError(
          'TIMED_OUT',
          `No connection to the key server was established within ${timeoutMs} ms.`,
        );
      }
      throw error;
    }
  }

  /**
   * Agrees with the server on 1.1 or 1.0: Discover Versions, then the newer one that both speak, in every later header of
   * this client. A server that does not know the operation speaks 1.0.
   *
   * @throws KmipClientError PROTOCOL when there is none in common; else as {@link KmipClient.session}
   */
  async negotiate(): Promise<ProtocolVersion> {
    const theirs = await this.session((session) => session.discoverVersions()).catch((error: unknown) => {
      if (error instanceof KmipClientError && error.code === 'OPERATION_FAILED') return [KMIP_1_0];
      throw error;
    });
    const version = [KMIP_1_1, KMIP_1_0].find((ours) => theirs.some((one) => sameVersion(ours, one)));
    if (version === undefined) {
      const spoken = theirs.map(formatVersion).join(', ');
      throw new KmipClientError('PROTOCOL', `The key server speaks KMIP ${spoken || 'of no version'}, not 1.1 or 1.0.`);
    }
    this.#options = { ...this.#options, version };
    return version;
  }
}
