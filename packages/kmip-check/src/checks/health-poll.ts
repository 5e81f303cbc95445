import { pollHealth } from '@vcryptsim/vcenter/conversation';
import type { Check } from '../check.js';
import { pass } from '../finding.js';

/** What makes the key server green in vCenter. */
export const healthPoll: Check = {
  name: 'health-poll',
  about:
    'An empty connection, then Discover Versions twice, again and again: vCenter polls so each 300 s [ours O8], here sooner.',
  needs: ['discover-versions'],
  consequence: 'shows the key server red and raises an alarm.',
  async run(server) {
    const { polls, pollIntervalMs, clock } = server.options;
    for (let poll = 0; poll < polls; poll++) {
      if (poll > 0) await clock.after(pollIntervalMs);
      await server.probe();
      await server.converse(pollHealth);
    }
    return pass(`${polls} polls, each green.`);
  },
};
