import type { Check } from '../check.js';
import { pass } from '../finding.js';

/** The first step of a new key. */
export const createKey: Check = {
  name: 'create-key',
  about: 'Create makes an AES-256 key of algorithm, usage mask and length alone: no name, no activation date.',
  needs: ['discover-versions'],
  consequence: 'tries the next server of the provider; when all fail no VM can be encrypted.',
  async run(server) {
    server.firstKey = await server.makeKey();
    return pass(`Unique Identifier ${server.firstKey}.`);
  },
};
