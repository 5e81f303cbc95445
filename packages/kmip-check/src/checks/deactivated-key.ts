import type { KeyId } from '@vcryptsim/ports';
import { fetchKey } from '@vcryptsim/vcenter/conversation';
import { type Check, type Finding, notTried, pass, tolerated } from '../check.js';
import type { ServerUnderCheck } from '../server-under-check.js';
import { Trouble } from '../trouble.js';
import { refusalOf } from './missing-key.js';

/** A KMS administrator ends a key that VMs still use. vCenter itself never sends Revoke. */
export const deactivatedKey: Check = {
  name: 'deactivated-key',
  about: 'A key that was deactivated (by Revoke) shows the State Deactivated, so that vCenter refuses it by name.',
  needs: ['activate-key'],
  consequence: 'goes on encrypting with a key that its administrator deactivated.',
  async run(server) {
    const id = await activeKey(server);
    try {
      await server.converse((session) =>
        session.perform('Revoke', { uniqueIdentifier: id, revocationReason: { code: 'CessationOfOperation' } }),
      );
    } catch (error) {
      if (error instanceof Trouble) return notTried(`Revoke is not possible here: ${error.message}`);
      throw error;
    }
    return judge(await refusalOf(() => server.converse((session) => fetchKey(session, id))));
  },
};

/** A second key that was used once. */
async function activeKey(server: ServerUnderCheck): Promise<KeyId> {
  const id = await server.makeKey();
  (await server.converse((session) => fetchKey(session, id))).dispose();
  return id;
}

function judge(refusal: Trouble): Finding {
  if (refusal.code === 'KEY_UNUSABLE') return pass('The key comes with State Deactivated, and vCenter refuses it.');
  if (refusal.code === 'SUCCESS') {
    const place = { message: 'Get Attributes', field: 'State' };
    throw new Trouble(place, 'After Revoke the key is still Active.', refusal.code);
  }
  if (refusal.place.field !== 'Result Reason') throw refusal;
  return tolerated(refusal.message, refusal.place, 'says that it cannot get the key, not that the key is deactivated.');
}
