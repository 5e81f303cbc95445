import { oneOf } from '@vcryptsim/lab';
import { z } from 'zod';
import { unsyncedSchema } from '../lab-arguments.js';
import { stepKind } from '../step-kind.js';

/** Far more file operations than any step makes. */
const OPERATIONS_MAX = 1_000_000;

/** `fault.power-cut`: the power goes in the middle of what comes next. */
export const faultPowerCut = stepKind({
  verb: 'fault.power-cut',
  about:
    'A host, or the whole site, loses power in the n-th file operation from now on, and boots again. What was not durable is lost, kept, or lost in part (unsynced; default some).',
  example: 'fault.power-cut: { host: esx-1, after-file-operations: 12 }',
  mainField: 'host',
  args: (names) =>
    z
      .strictObject({
        host: oneOf(names?.labHosts).optional(),
        site: z.literal(true).optional(),
        'after-file-operations': z.int().min(1).max(OPERATIONS_MAX),
        unsynced: unsyncedSchema.default('some'),
      })
      .refine(({ host, site }) => (host === undefined) !== (site === undefined), {
        message: "say who loses power: 'host' with a name, or 'site: true'",
      }),
  run: async ({ host, 'after-file-operations': operations, unsynced }, { world }) => {
    world.power.order(host === undefined ? 'site' : { host }, operations, unsynced);
    world.runEvents.emit({ type: 'FAULT_SET', server: host ?? 'site', fault: 'power-cut' });
    return {};
  },
});
