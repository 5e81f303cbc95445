import { formatVersion } from '@vcryptsim/kmip-lite';
import { pollHealth } from '@vcryptsim/vcenter/conversation';
import type { Check } from '../check.js';
import { pass, tolerated } from '../finding.js';

/** The first message on every connection. */
export const discoverVersions: Check = {
  name: 'discover-versions',
  about: 'Discover Versions is answered as the first message, without a Unique Batch Item ID and then with one.',
  needs: ['trust'],
  consequence: 'begins every connection with it, and tries the next server when it fails.',
  async run(server) {
    await server.converse(pollHealth);
    const versions = await server.converse((session) => session.discoverVersions());
    const names = versions.map(formatVersion);
    const list = names.join(', ') || 'none';
    if (names.includes('1.1')) return pass(`The server speaks ${list}.`);
    const place = { message: 'Discover Versions', field: 'Protocol Version' };
    return tolerated(`1.1 is not among the versions it names: ${list}.`, place, 'sends header 1.1 all the same.');
  },
};
