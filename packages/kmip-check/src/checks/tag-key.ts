import { attributeText } from '@vcryptsim/kmip-lite';
import type { KeyId } from '@vcryptsim/ports';
import { tagConsumer, tagProduct } from '@vcryptsim/vcenter/conversation';
import type { Check } from '../check.js';
import { type Finding, pass, tolerated } from '../finding.js';
import type { ServerUnderCheck } from '../server-under-check.js';

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
    const onRefusal = (words: string) => {
      how = words;
    };
    const { firstKey } = server;
    const { conversation: profile } = server.options.profile;
    const product = await server.converse((session) => tagProduct(session, firstKey, profile), { onRefusal });
    const consumer = await server.converse((session) => tagConsumer(session, firstKey, VM), { onRefusal });
    if (product === 'tagged' && consumer === 'tagged') return readBack(server, firstKey, profile.vendor);
    const place = { message: 'batch of 3 Add Attribute', field: 'Result Reason' };
    const vcenter = 'goes on: the key is used, but the KMS does not show what it is for.';
    return tolerated(`${how || 'The answer is not sound'}.`, place, vcenter);
  },
};

/** What was added must be there to be read, or nobody can see at the KMS whose key it is. */
async function readBack(server: ServerUnderCheck, id: KeyId, vendor: string): Promise<Finding> {
  const [attribute] = await server.converse((session) => session.getAttributes(id, ['x-Vendor']));
  const found = attribute === undefined ? undefined : attributeText(attribute);
  if (found === vendor) return pass('Six custom attributes were added, and read back.');
  const says =
    found === undefined ? 'x-Vendor was added, and is not there.' : 'x-Vendor was added, and reads as another text.';
  const place = { message: 'Get Attributes', field: 'Attribute Value' };
  return tolerated(says, place, 'goes on: the key is used, but the KMS does not show what it is for.');
}
