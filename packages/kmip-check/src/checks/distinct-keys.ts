import type { Check } from '../check.js';
import { pass } from '../finding.js';
import { Trouble } from '../trouble.js';

/** Each VM has a key of its own. */
export const distinctKeys: Check = {
  name: 'distinct-keys',
  about: 'Another Create makes another key: another Unique Identifier, other bytes.',
  needs: ['get-key'],
  consequence: 'would encrypt every VM with one key.',
  async run(server) {
    const { firstKey } = server;
    const id = await server.makeKey();
    if (id === firstKey) {
      const says = 'Two Creates answered with the same Unique Identifier.';
      throw new Trouble({ message: 'Create', field: 'Unique Identifier' }, says, 'UNUSABLE');
    }
    const { taken: isSame } = await server.converse((session) =>
      session.get(id, { take: (view) => server.isSameKey(view) }),
    );
    if (!isSame) return pass('Two keys with bytes of their own.');
    const says = 'Two Unique Identifiers have the same bytes.';
    throw new Trouble({ message: 'Get', field: 'Key Material' }, says, 'UNUSABLE');
  },
};
