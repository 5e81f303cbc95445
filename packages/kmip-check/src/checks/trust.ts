import { X509Certificate } from 'node:crypto';
import { describeCertificate, PkiError, peerJudge, verifyPeer } from '@vcryptsim/pki';
import { NetworkError } from '@vcryptsim/ports';
import { type Check, pass, tolerated } from '../check.js';
import { LastMessage } from '../last-message.js';
import type { ServerUnderCheck } from '../server-under-check.js';
import { Trouble, troubleOf } from '../trouble.js';

const CERTIFICATE = { message: 'TLS handshake', field: 'server certificate' };

/** Looks at the server's certificate and pins it, as an administrator does who compares its fingerprint. */
export const trust: Check = {
  name: 'trust',
  about: 'The mutual TLS handshake succeeds, and the server shows the expected certificate.',
  needs: [],
  consequence: 'shows the key server red, and can neither make nor fetch a key.',
  async run(server) {
    const { address, trusted, clock } = server.options;
    const chain = await look(server);
    const [leaf] = chain;
    if (!leaf) throw new Trouble(CERTIFICATE, 'The server showed no certificate.', 'NO_CERTIFICATE');
    const authorities = trusted.filter((der) => new X509Certificate(der).ca);
    const host = 'host' in address ? address.host : address.name;
    const { subject, fingerprintSha256 } = describeCertificate(leaf);
    const shown = `${subject}, SHA-256 ${fingerprintSha256.slice(0, 16)}...`;
    try {
      await verifyPeer(chain, { pins: trusted, authorities }, clock.nowMs);
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      throw new Trouble(CERTIFICATE, `It does not match --ca (${error.code}): ${error.message}`, error.code);
    }
    server.pin(leaf);
    try {
      await verifyPeer(chain, { pins: trusted, authorities }, clock.nowMs, host);
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      const [field, what, vcenter] =
        error.code === 'WRONG_USAGE'
          ? ['Extended Key Usage', 'has an Extended Key Usage without serverAuth', 'and looks at no usage']
          : ['Subject Alternative Name', `was not issued for ${host}`, 'and compares no name'];
      return tolerated(
        `${shown}, ${what}. ${error.detail ?? ''}`.trim(),
        { message: 'TLS handshake', field },
        `pins the certificate ${vcenter}.`,
      );
    }
    return pass(`The server shows ${shown}.`);
  },
};

/** The chain that the server sends, whatever it is worth; the connection is ended without a byte. */
async function look(server: ServerUnderCheck): Promise<readonly Uint8Array[]> {
  const { network, address, identity, clock, timeoutMs } = server.options;
  let seen: readonly Uint8Array[] = [];
  const late = new AbortController();
  const connecting = network.connect(address, {
    identity,
    signal: late.signal,
    judge: (chain) => {
      seen = chain;
      return peerJudge({ pins: chain.slice(0, 1), authorities: [] }, clock)(chain);
    },
  });
  try {
    const channel = await clock.within(timeoutMs, connecting, () => late.abort());
    await channel.close();
  } catch (error) {
    // Nobody is there: that says nothing of the server, but of where it was looked for.
    if (error instanceof NetworkError && (error.code === 'REFUSED' || error.code === 'UNREACHABLE')) throw error;
    throw troubleOf(error, new LastMessage(clock));
  }
  return seen;
}
