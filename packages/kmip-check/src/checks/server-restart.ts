import { pollHealth } from '@vcryptsim/vcenter/conversation';
import type { Check } from '../check.js';
import { notTried, pass } from '../finding.js';
import type { ServerUnderCheck } from '../server-under-check.js';
import { Trouble } from '../trouble.js';

const RETRY_MS = 500;

/** The server goes down and comes back while vCenter holds IDs of its keys. */
export const serverRestart: Check = {
  name: 'server-restart',
  about: 'After a restart of the server its keys are there, under the same IDs, byte for byte.',
  needs: ['reuse-key'],
  consequence: 'cannot bring a rebooted host its keys: its VMs stay locked permanently.',
  async run(server) {
    const { restart, clock } = server.options;
    if (restart === null) return notTried("Not asked for: name a command with --restart-hook 'COMMAND'.");
    const beganMs = clock.nowMs;
    await restart();
    await answersAgain(server, beganMs);
    const { firstKey } = server;
    const { taken: isSame } = await server.converse((session) =>
      session.get(firstKey, { take: (view) => server.isSameKey(view) }),
    );
    if (!isSame) {
      const says = 'After the restart another key came under the same Unique Identifier.';
      throw new Trouble({ message: 'Get', field: 'Key Material' }, says, 'UNUSABLE');
    }
    return pass(`The same key is there ${((clock.nowMs - beganMs) / 1_000).toFixed(1)} s after the restart began.`);
  },
};

async function answersAgain(server: ServerUnderCheck, beganMs: number): Promise<void> {
  const { clock, restartLimitMs } = server.options;
  for (;;) {
    try {
      return await server.converse(pollHealth);
    } catch (error) {
      if (!(error instanceof Trouble) || clock.nowMs - beganMs > restartLimitMs) throw error;
      await clock.after(RETRY_MS);
    }
  }
}
