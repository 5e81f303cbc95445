import { tagConsumer, tagProduct } from '@vcryptsim/vcenter/conversation';
import { type Check, pass, tolerated } from '../check.js';

const VM = {
  component: 'Virtual Machine',
  identifier: '4c4c4544-0000-4000-8000-0000000000aa',
  name: 'kmip-check',
} as const;

/** The six custom attributes by which a KMS administrator recognizes vCenter's keys. */
export const tagKey: Check = {
  name: 'tag-key',
  about: 'Absent custom attributes read as absent, and batches of three Add Attribute add them.',
  needs: ['create-key'],
  consequence: 'reads each attribute before it adds it; a failed read or a lost connection fails the new VM.',
  async run(server) {
    let how = '';
    const note = (words: string) => {
      how = words;
    };
    const { firstKey } = server;
    const product = await server.converse((session) => tagProduct(session, firstKey, server.options.profile), note);
    const consumer = await server.converse((session) => tagConsumer(session, firstKey, VM), note);
    if (product === 'tagged' && consumer === 'tagged') return pass('Six custom attributes were added.');
    const place = { message: 'batch of 3 Add Attribute', field: 'Result Reason' };
    const vcenter = 'goes on: the key is used, but the KMS does not show what it is for.';
    return tolerated(`${how || 'The answer is not sound'}.`, place, vcenter);
  },
};
