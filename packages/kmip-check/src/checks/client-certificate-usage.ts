import { X509Certificate } from 'node:crypto';
import { type Check, notTried, pass } from '../check.js';

/** vCenter's own certificate has no Extended Key Usage; servers that insist on clientAuth lock it out. */
export const clientCertificateUsage: Check = {
  name: 'client-certificate-usage',
  about: "A client certificate without Extended Key Usage is taken, as vCenter's own has none.",
  needs: ['trust'],
  consequence: 'is locked out with its self-signed certificate; upload one of the KMS, or have a CSR signed there.',
  async run(server) {
    const [leaf] = server.options.identity.chain;
    const usages = leaf === undefined ? [] : (new X509Certificate(leaf).keyUsage ?? []);
    if (usages.length > 0) {
      return notTried(
        'The certificate of --cert has an Extended Key Usage. Try one without it, such as vCenter makes.',
      );
    }
    await server.converse(async () => {});
    return pass('A certificate without Extended Key Usage is taken.');
  },
};
