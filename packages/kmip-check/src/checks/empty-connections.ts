import type { Check } from '../check.js';
import { pass } from '../finding.js';

const EMPTY_CONNECTIONS = 3;

/** vCenter looks at the certificate again and again, by connections on which it says nothing. */
export const emptyConnections: Check = {
  name: 'empty-connections',
  about: 'TLS connections that end without a byte do no harm: the server still answers the next one.',
  needs: ['discover-versions'],
  consequence: 'makes one before each health poll; the next poll then shows the key server red.',
  async run(server) {
    for (let count = 0; count < EMPTY_CONNECTIONS; count++) await server.probe();
    await server.converse(async () => {});
    return pass(`${EMPTY_CONNECTIONS} empty connections, and the next one was answered.`);
  },
};
