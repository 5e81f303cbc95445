import type { Check } from '../check.js';
import { pass } from '../finding.js';
import { Trouble } from '../trouble.js';

/** A host rebooted: its keys are asked for by ID, on new connections. */
export const reuseKey: Check = {
  name: 'reuse-key',
  about: 'On a new connection the same key comes back under its ID, again and again.',
  needs: ['activate-key'],
  consequence: 'cannot bring a rebooted host its keys: its VMs stay locked.',
  async run(server) {
    const { firstKey } = server;
    for (let count = 0; count < 3; count++) {
      const same = await server.converse((session) =>
        session.get(firstKey, { take: (view) => server.isSameKey(view) }),
      );
      if (!same.taken) {
        const says = 'Under the same Unique Identifier another key came.';
        throw new Trouble({ message: 'Get', field: 'Key Material' }, says, 'UNUSABLE');
      }
    }
    return pass('Three connections, three times the same key.');
  },
};
