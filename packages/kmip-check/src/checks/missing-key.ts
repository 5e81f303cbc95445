import type { KeyId } from '@vcryptsim/ports';
import type { Check } from '../check.js';
import { pass, tolerated } from '../finding.js';
import type { Conversing, ServerUnderCheck } from '../server-under-check.js';
import { Trouble } from '../trouble.js';

/** An identifier that no server gives. */
export const NO_SUCH_KEY = 'no-such-key-of-kmip-check' as KeyId;

/** vCenter tells a lost key from a lost server by the result reason. */
export const missingKey: Check = {
  name: 'missing-key',
  about: 'Get of a key that is not there is refused with Item Not Found, and the server goes on.',
  needs: ['discover-versions'],
  consequence: 'cannot tell a lost key from a lost server.',
  async run(server) {
    const refusal = await refusalOfGet(server, NO_SUCH_KEY);
    await server.converse(async () => {});
    if (refusal.code === 'ItemNotFound') return pass('Item Not Found.');
    if (refusal.place.field !== 'Result Reason') throw refusal;
    return tolerated(refusal.message, refusal.place, server.options.profile.saysOfServerError);
  },
};

/** What a Get that must not succeed was refused with: that answer alone, whatever other operations say of the key. */
export async function refusalOfGet(
  server: ServerUnderCheck,
  id: KeyId,
  as: Pick<Conversing, 'credential'> = {},
): Promise<Trouble> {
  try {
    await server.converse((session) => session.get(id, { take: () => true }), as);
  } catch (error) {
    if (error instanceof Trouble) return error;
    throw error;
  }
  return new Trouble({ message: 'Get', field: 'Result Status' }, 'Get answers with a key.', 'SUCCESS');
}
