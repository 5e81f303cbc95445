import { X509Certificate } from 'node:crypto';
import { PkiError, peerJudge, verifyPeer } from '@vcryptsim/pki';
import { type ConnectOptions, type NetworkAddress, NetworkError, type TlsFacts } from '@vcryptsim/ports';
import { LastMessage } from './last-message.js';
import type { CheckOptions } from './server-under-check.js';
import { Trouble, troubleOf } from './trouble.js';

const CERTIFICATE = { message: 'TLS handshake', field: 'server certificate' };

/** What a server shows in its handshake. */
export interface Look {
  /** DER, leaf first, whatever it is worth. */
  readonly chain: readonly Uint8Array[];
  /** Null where the network has no TLS. */
  readonly tls: TlsFacts | null;
}

/**
 * Looks at what a server shows, by a connection that is ended without a byte.
 *
 * @param o.newestTls the newest version of TLS that is offered; default 1.3
 * @throws Trouble; NetworkError REFUSED or UNREACHABLE where nobody is there
 */
export async function look(
  options: CheckOptions,
  address: NetworkAddress,
  o: Pick<ConnectOptions, 'newestTls'> = {},
): Promise<Look> {
  const { network, identity, clock, timeoutMs } = options;
  let chain: readonly Uint8Array[] = [];
  const late = new AbortController();
  const connecting = network.connect(address, {
    ...o,
    identity,
    signal: late.signal,
    judge: (shown) => {
      chain = shown;
      return peerJudge({ pins: shown.slice(0, 1), authorities: [] }, clock)(shown);
    },
  });
  try {
    const channel = await clock.within(timeoutMs, connecting, () => late.abort());
    const tls = channel.tls ?? null;
    await channel.close();
    return { chain, tls };
  } catch (error) {
    // Nobody is there: that says nothing of the server, but of where it was looked for.
    if (error instanceof NetworkError && (error.code === 'REFUSED' || error.code === 'UNREACHABLE')) throw error;
    throw troubleOf(error, new LastMessage(clock));
  }
}

/**
 * Says whether a chain is what `--ca` stands for.
 *
 * @returns DER of the leaf
 * @throws Trouble where it is not
 */
export async function trustedLeaf(options: CheckOptions, chain: readonly Uint8Array[]): Promise<Uint8Array> {
  const [leaf] = chain;
  if (!leaf) throw new Trouble(CERTIFICATE, 'The server showed no certificate.', 'NO_CERTIFICATE');
  try {
    await verifyPeer(chain, trustSetOf(options), options.clock.nowMs);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    throw new Trouble(CERTIFICATE, `It does not match --ca (${error.code}): ${error.message}`, error.code);
  }
  return leaf;
}

/** What `--ca` holds: certificates of servers, and authorities. */
export function trustSetOf({ trusted }: CheckOptions) {
  return { pins: trusted, authorities: trusted.filter((der) => new X509Certificate(der).ca) };
}
