import { fetchKey } from '@vcryptsim/vcenter/conversation';
import { type Check, notTried, pass, tolerated } from '../check.js';
import { Trouble } from '../trouble.js';
import { refusalOf } from './missing-key.js';

/** A KMS administrator destroys a key that VMs still use. vCenter itself never sends Destroy. */
export const destroyedKey: Check = {
  name: 'destroyed-key',
  about: 'A destroyed key is no longer returned.',
  needs: ['create-key', 'get-key'],
  consequence: 'would still hand out a key that its administrator destroyed.',
  async run(server) {
    const id = await server.makeKey();
    try {
      await server.converse((session) => session.perform('Destroy', { uniqueIdentifier: id }));
    } catch (error) {
      if (error instanceof Trouble) return notTried(`Destroy is not possible here: ${error.message}`);
      throw error;
    }
    server.keys.delete(id);
    const refusal = await refusalOf(() => server.converse((session) => fetchKey(session, id)));
    if (refusal.code === 'SUCCESS') throw new Trouble(refusal.place, 'Get still answers with the key.', refusal.code);
    if (refusal.code === 'ItemNotFound') return pass('Item Not Found.');
    if (refusal.place.field !== 'Result Reason') throw refusal;
    return tolerated(
      refusal.message,
      refusal.place,
      'says "an error occurred on the key provider" instead of saying that the key is missing there.',
    );
  },
};
