import { refreshProvider } from '@vcryptsim/vcenter/conversation';
import type { Check } from '../check.js';
import { pass, tolerated } from '../finding.js';
import { Trouble } from '../trouble.js';

/** Asked once, when the server's certificate is uploaded as trusted. */
export const queryServerInformation: Check = {
  name: 'query-server-information',
  about: 'Query of the server information alone is answered.',
  needs: ['discover-versions'],
  consequence: 'trusts the server all the same, and cannot show its vendor.',
  async run(server) {
    try {
      const vendor = await server.converse(refreshProvider);
      if (vendor !== null) return pass(`Vendor Identification: ${vendor}.`);
      const place = { message: 'Query', field: 'Vendor Identification' };
      return tolerated('The answer names no vendor.', place, 'shows none.');
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      return tolerated(error.message, error.place, queryServerInformation.consequence);
    }
  },
};
