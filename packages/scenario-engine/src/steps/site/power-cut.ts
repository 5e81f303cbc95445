import { z } from 'zod';
import { stepKind } from '../step-kind.js';

/** `site.power-cut`: key servers, vCenter and all hosts lose power at once and come back from their folders. */
export const sitePowerCut = stepKind({
  verb: 'site.power-cut',
  about:
    'Key servers, vCenter and all hosts lose power at once, and boot again from their disks; every VM is off then.',
  example: 'site.power-cut: all',
  args: () => z.literal('all'),
  run: async (_all, { world }) => {
    await world.powerCut();
    return {};
  },
});
