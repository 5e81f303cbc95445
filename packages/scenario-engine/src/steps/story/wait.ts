import { durationSchema } from '@vcryptsim/lab';
import { stepKind } from '../step-kind.js';

/** `wait`: lets time pass; what has timers (heartbeats, retries) acts meanwhile. */
export const wait = stepKind({
  verb: 'wait',
  about: 'Lets time pass.',
  example: 'wait: 5m',
  args: () => durationSchema,
  plan: (lastsMs) => ({ lastsMs }),
  run: async (durationMs, { world }) => {
    await world.clock.after(durationMs);
    return {};
  },
});
