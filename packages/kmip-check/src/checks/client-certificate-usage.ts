import { X509Certificate } from 'node:crypto';
import type { Check } from '../check.js';
import { type Finding, notTried, pass } from '../finding.js';
import { NOT_KMIP, Trouble } from '../trouble.js';

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
    try {
      await server.converse(async () => {});
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      return withoutAnswer(error);
    }
    return pass('A certificate without Extended Key Usage is taken.');
  },
};

/** Refusals of the client itself; any other answer comes from a server that took its certificate. */
const OF_THE_CLIENT: ReadonlySet<string> = new Set(['AuthenticationNotSuccessful', 'PermissionDenied']);

/** What the certificate has to do with a first message that did not go well. @throws Trouble when it may be the cause */
function withoutAnswer(trouble: Trouble): Finding {
  if (trouble.code === NOT_KMIP) return notTried(`Its TLS takes the certificate, but: ${trouble.message}`);
  if (trouble.code === 'TIMED_OUT')
    return notTried('The server does not answer; whether for the certificate cannot be told.');
  if (!trouble.answered || OF_THE_CLIENT.has(trouble.code)) throw trouble;
  return pass('A certificate without Extended Key Usage is taken: the server answered, though not as it should.');
}
