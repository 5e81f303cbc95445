import { firstValue } from '@vcryptsim/kmip-lite';
import { fetchKey } from '@vcryptsim/vcenter/conversation';
import type { Check } from '../check.js';
import { pass } from '../finding.js';
import { Trouble } from '../trouble.js';

/** A key's first use makes it Active. */
export const activateKey: Check = {
  name: 'activate-key',
  about: 'The first use of a key, Get, Get Attributes [State] and Activate, leaves it Active.',
  needs: ['get-key', 'state-readable'],
  consequence: 'does not use a key that is not Active.',
  async run(server) {
    const { firstKey } = server;
    const state = await server.converse(async (session) => {
      const parcel = await fetchKey(session, firstKey);
      parcel.dispose();
      return firstValue('State', await session.getAttributes(firstKey, ['State']));
    });
    if (state === 'Active') return pass('The key is Active.');
    const says = `After Activate the key is ${state ?? 'without a State'}.`;
    throw new Trouble({ message: 'Get Attributes', field: 'State' }, says, 'UNUSABLE');
  },
};
