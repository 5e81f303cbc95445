import { createHash } from 'node:crypto';
import { firstValue } from '@vcryptsim/kmip-lite';
import type { KeyId } from '@vcryptsim/ports';
import { fetchKey } from '@vcryptsim/vcenter/conversation';
import type { Check } from '../check.js';
import { type Finding, notTried, pass, tolerated } from '../finding.js';
import type { ServerUnderCheck } from '../server-under-check.js';
import { Trouble } from '../trouble.js';

/** A KMS administrator ends a key that VMs still use. vCenter itself never sends Revoke. */
export const deactivatedKey: Check = {
  name: 'deactivated-key',
  about: 'A key that was deactivated (by Revoke) shows the State Deactivated, so that vCenter refuses it by name.',
  needs: ['activate-key'],
  consequence: 'goes on encrypting with a key that its administrator deactivated.',
  async run(server) {
    const id = await activeKey(server);
    const before = await digestOf(server, id);
    try {
      await server.converse((session) =>
        session.perform('Revoke', { uniqueIdentifier: id, revocationReason: { code: 'CessationOfOperation' } }),
      );
    } catch (error) {
      if (error instanceof Trouble) return notTried(`Revoke is not possible here: ${error.message}`);
      throw error;
    }
    const digest = await bytesStay(server, id, before);
    return digest ?? judge(await stateOf(server, id));
  },
};

/** A second key that was used once. */
async function activeKey(server: ServerUnderCheck): Promise<KeyId> {
  const id = await server.makeKey();
  (await server.converse((session) => fetchKey(session, id))).dispose();
  return id;
}

/** A digest of the key's bytes; the bytes are not kept. */
async function digestOf(server: ServerUnderCheck, id: KeyId): Promise<string> {
  const digest = (view: Uint8Array) => createHash('sha256').update(view).digest('hex');
  return (await server.converse((session) => session.get(id, { take: digest }))).taken;
}

/** What is encrypted under a deactivated key is still there to be read: KMIP lets Get answer with it, and with no other. */
async function bytesStay(server: ServerUnderCheck, id: KeyId, before: string): Promise<Finding | null> {
  try {
    if ((await digestOf(server, id)) === before) return null;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    if (error.place.field !== 'Result Reason') throw error;
    return tolerated(error.message, error.place, 'says that it cannot get the key, not that the key is deactivated.');
  }
  const place = { message: 'Get', field: 'Key Material' };
  throw new Trouble(place, 'After Revoke another key comes under the same Unique Identifier.', 'UNUSABLE');
}

function stateOf(server: ServerUnderCheck, id: KeyId): Promise<string | undefined> {
  return server.converse(async (session) => firstValue('State', await session.getAttributes(id, ['State'])));
}

function judge(state: string | undefined): Finding {
  if (state === 'Deactivated') return pass('The key comes with State Deactivated, and vCenter refuses it.');
  const place = { message: 'Get Attributes', field: 'State' };
  const says = state === undefined ? 'After Revoke the answer holds no State.' : `After Revoke the key is ${state}.`;
  if (state === 'Active' || state === 'PreActive') throw new Trouble(place, says, 'UNUSABLE');
  return tolerated(says, place, 'refuses the key, and names that state instead of Deactivated.');
}
