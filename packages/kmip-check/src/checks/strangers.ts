import type { TlsIdentity } from '@vcryptsim/ports';
import type { Check } from '../check.js';
import { type Finding, notTried, pass } from '../finding.js';
import type { ServerUnderCheck } from '../server-under-check.js';
import { Trouble } from '../trouble.js';

const CONSEQUENCE = 'keeps its keys on a server that gives them to any client that can reach its port.';

/** The first half of mutual TLS. */
export const noClientCertificate: Check = {
  name: 'no-client-certificate',
  about: 'A client that shows no certificate gets no key.',
  needs: ['get-key'],
  consequence: CONSEQUENCE,
  run: (server) =>
    refuses(server, { chain: [], privateKey: server.options.identity.privateKey }, 'without a certificate'),
};

/** The other half: a certificate alone says nothing. */
export const strangeClientCertificate: Check = {
  name: 'strange-client-certificate',
  about: 'A client with an unregistered certificate gets no key.',
  needs: ['get-key'],
  consequence: CONSEQUENCE,
  async run(server) {
    const { stranger } = server.options;
    if (stranger === null) return notTried('There is no certificate of a stranger to try it with.');
    return refuses(server, stranger, 'with a certificate that it made itself');
  },
};

/** Asks for a key that is there as somebody who must not have it. What answers before that is no harm. */
async function refuses(server: ServerUnderCheck, identity: TlsIdentity, who: string): Promise<Finding> {
  const id = server.firstKey;
  try {
    await server.converse((session) => session.get(id, { take: () => true }), { identity });
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    const isAnswer = error.place.field === 'Result Reason';
    return pass(`A client ${who} is ${isAnswer ? `told: ${error.message}` : 'not let in.'}`);
  }
  throw new Trouble({ message: 'Get', field: 'Result Status' }, `A client ${who} gets the key.`, 'SUCCESS');
}
