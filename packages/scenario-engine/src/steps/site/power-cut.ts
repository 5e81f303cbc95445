import { z } from 'zod';
import { unsyncedSchema } from '../lab-arguments.js';
import { stepKind } from '../step-kind.js';

/** `site.power-cut`: key servers, vCenter and all hosts lose power at once and come back from their folders. */
export const sitePowerCut = stepKind({
  verb: 'site.power-cut',
  about:
    'Key servers, vCenter and all hosts lose power at once, and boot again from their disks; every VM is off then. What was not durable is lost, kept, or lost in part (unsynced; default some).',
  example: 'site.power-cut: all',
  args: () =>
    z.union([
      z.literal('all').transform(() => 'some' as const),
      z.strictObject({ unsynced: unsyncedSchema }).transform(({ unsynced }) => unsynced),
    ]),
  run: async (unsynced, { world }) => {
    await world.power.now('site', unsynced);
    return {};
  },
});
