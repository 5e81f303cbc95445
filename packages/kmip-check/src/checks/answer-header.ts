import type { Check } from '../check.js';
import { pass, tolerated } from '../finding.js';

/** vCenter sends header 1.1 in every request. */
export const answerHeader: Check = {
  name: 'answer-header',
  about: 'Answers come under the version of the requests, 1.1.',
  needs: ['discover-versions'],
  consequence: 'reads answers by their fields.',
  async run(server) {
    const others = [...server.versions].filter((version) => version !== '1.1');
    if (others.length === 0) return pass('All answers came under header 1.1.');
    return tolerated(
      `Answers to requests of 1.1 came under header ${others.sort().join(', ')}.`,
      { message: 'Response Message', field: 'Protocol Version' },
      'reads answers by their fields [assumed].',
    );
  },
};
