import type { Check } from '../check.js';
import { notTried, pass, tolerated } from '../finding.js';
import { Trouble } from '../trouble.js';

/** An administrator gives vCenter a new certificate while hosts fetch their keys. */
export const renewedCertificate: Check = {
  name: 'renewed-certificate',
  about: 'The certificate of --renewed-cert gets the keys of the old one, while a connection of the old one is open.',
  needs: ['reuse-key'],
  consequence: 'cannot fetch the keys that it made before its certificate was renewed: their VMs stay locked.',
  async run(server) {
    const { renewed, credential } = server.options;
    if (renewed === null) {
      return notTried('Not asked for: name a second certificate of the client with --renewed-cert and --renewed-key.');
    }
    const { firstKey } = server;
    const own = (shown: { identity?: typeof renewed }) =>
      server.converse((session) => session.get(firstKey, { take: (view) => server.isSameKey(view) }), {
        ...shown,
        credential,
      });
    const says = await server.converse(async (session) => {
      await session.get(firstKey, { take: (view) => server.isSameKey(view) });
      if (!(await own({ identity: renewed })).taken) return 'Under the renewed certificate another key comes.';
      const still = await session.get(firstKey, { take: (view) => server.isSameKey(view) });
      return still.taken ? null : 'On the connection of the old certificate another key comes.';
    });
    if (says !== null) throw new Trouble({ message: 'Get', field: 'Key Material' }, says, 'UNUSABLE');
    try {
      await own({});
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      server.isRenewed = true;
      const vcenter = 'is locked out if the old certificate is still in use anywhere, as after a restored backup.';
      return tolerated(
        `The old certificate is refused once the renewed one came: ${error.message}`,
        error.place,
        vcenter,
      );
    }
    return pass('Both certificates get the key, also while a connection of the old one is open.');
  },
};
