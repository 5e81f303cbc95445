import { firstValue } from '@vcryptsim/kmip-lite';
import type { Check } from '../check.js';
import { pass } from '../finding.js';
import { Trouble } from '../trouble.js';

/** vCenter decides by the State whether a key may be used. */
export const stateReadable: Check = {
  name: 'state-readable',
  about: 'Get Attributes answers the State of a key, and that of a new one is Pre-Active or Active.',
  needs: ['create-key'],
  consequence: 'says "Cannot get key ... from KMS server ..., reason: ...", and does not use the key.',
  async run(server) {
    const { firstKey } = server;
    const state = await server.converse(async (session) =>
      firstValue('State', await session.getAttributes(firstKey, ['State'])),
    );
    if (state === 'PreActive' || state === 'Active')
      return pass(`State is ${state === 'Active' ? 'Active' : 'Pre-Active'}.`);
    const says = state === undefined ? 'The answer holds no State.' : `A new key is ${state}.`;
    throw new Trouble({ message: 'Get Attributes', field: 'State' }, says, 'UNUSABLE');
  },
};
