import { firstValue } from '@vcryptsim/kmip-lite';
import type { KmipSession } from '@vcryptsim/kmip-lite/client';
import type { KeyId } from '@vcryptsim/ports';
import type { Check } from '../check.js';
import { pass } from '../finding.js';
import type { ServerUnderCheck } from '../server-under-check.js';
import { Trouble } from '../trouble.js';

/** A power cut: every host of a data centre comes back in the same minute. */
export const bootStorm: Check = {
  name: 'boot-storm',
  about: 'Many hosts ask at once, each on a connection of its own, and all are answered.',
  needs: ['activate-key'],
  consequence: 'tries again after 300 s [ours O8] for the hosts that got no key; until then their VMs are locked.',
  async run(server) {
    const { hosts, clock } = server.options;
    const { firstKey } = server;
    const delaysMs: number[] = [];
    const troubles: Trouble[] = [];
    const askOnce = async (): Promise<void> => {
      const beganMs = clock.nowMs;
      try {
        await server.converse((session) => useKey(server, session, firstKey));
        delaysMs.push(clock.nowMs - beganMs);
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        troubles.push(error);
      }
    };
    await Promise.all(Array.from({ length: hosts }, askOnce));
    const [first] = troubles;
    if (first) {
      const says = `${troubles.length} of ${hosts} hosts got no key; the first: ${first.message}`;
      throw new Trouble(first.place, says, first.code);
    }
    return pass(`${hosts} hosts at once; the slowest waited ${Math.max(...delaysMs)} ms.`);
  },
};

/** Get and Get Attributes, as for a key that is in use; each host must get the key that it asked for. */
async function useKey(server: ServerUnderCheck, session: KmipSession, id: KeyId): Promise<void> {
  const { taken: isSame } = await session.get(id, { take: (view) => server.isSameKey(view) });
  if (!isSame) throw new Trouble({ message: 'Get', field: 'Key Material' }, 'It is another key.', 'UNUSABLE');
  const state = firstValue('State', await session.getAttributes(id, ['State']));
  if (state === 'Active') return;
  const says = `The key is ${state ?? 'without a State'}.`;
  throw new Trouble({ message: 'Get Attributes', field: 'State' }, says, 'UNUSABLE');
}
