import { describeCertificate, PkiError, verifyPeer } from '@vcryptsim/pki';
import type { Check } from '../check.js';
import { pass, tolerated } from '../finding.js';
import { look, trustedLeaf, trustSetOf } from '../look.js';

/** Looks at the server's certificate and pins it, as an administrator does who compares its fingerprint. */
export const trust: Check = {
  name: 'trust',
  about: 'The mutual TLS handshake succeeds, and the server shows the expected certificate.',
  needs: [],
  consequence: 'shows the key server red, and can neither make nor fetch a key.',
  async run(server) {
    const { address, clock } = server.options;
    const { chain, tls } = await look(server.options, address);
    const leaf = await trustedLeaf(server.options, chain);
    const host = 'host' in address ? address.host : address.name;
    const { subject, fingerprintSha256 } = describeCertificate(leaf);
    const shown = `${subject}, SHA-256 ${fingerprintSha256.slice(0, 16)}...`;
    server.pin(leaf);
    server.tls = tls;
    try {
      await verifyPeer(chain, trustSetOf(server.options), clock.nowMs, host);
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
