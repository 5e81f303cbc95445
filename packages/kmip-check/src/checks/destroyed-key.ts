import { firstValue } from '@vcryptsim/kmip-lite';
import type { KeyId } from '@vcryptsim/ports';
import type { Check } from '../check.js';
import { notTried, pass, tolerated } from '../finding.js';
import type { ServerUnderCheck } from '../server-under-check.js';
import { Trouble } from '../trouble.js';
import { refusalOfGet } from './missing-key.js';

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
    const refusal = await refusalOfGet(server, id);
    if (refusal.code === 'SUCCESS') throw new Trouble(refusal.place, 'Get still answers with the key.', refusal.code);
    await refuseLivingState(server, id);
    if (refusal.code === 'ItemNotFound') return pass('Item Not Found.');
    if (refusal.place.field !== 'Result Reason') throw refusal;
    return tolerated(refusal.message, refusal.place, server.options.profile.saysOfServerError);
  },
};

/** A server may forget a destroyed key or remember that it was destroyed; it must not call it alive. */
async function refuseLivingState(server: ServerUnderCheck, id: KeyId): Promise<void> {
  let state: string | undefined;
  try {
    state = await server.converse(async (session) => firstValue('State', await session.getAttributes(id, ['State'])));
  } catch (error) {
    if (error instanceof Trouble && error.place.field === 'Result Reason') return;
    throw error;
  }
  if (state === undefined || state === 'Destroyed' || state === 'DestroyedCompromised') return;
  throw new Trouble(
    { message: 'Get Attributes', field: 'State' },
    `After Destroy the State of the key is ${state}.`,
    'UNUSABLE',
  );
}
