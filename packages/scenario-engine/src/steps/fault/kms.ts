import { durationBetween } from '@vcryptsim/lab';
import { z } from 'zod';
import { nodesSchema } from '../lab-arguments.js';
import { stepKind } from '../step-kind.js';

/** How slow `slow` is when nothing else is said. */
const DEFAULT_DELAY_MS = 5_000;

/** A day: far beyond every time-out. */
const DELAY_MAX_MS = 86_400_000;

/** `fault.kms`: breaks the way from vCenter to key servers until `fault.clear`. */
export const faultKms = stepKind({
  verb: 'fault.kms',
  about: 'Puts a fault on the way to key servers: refuse (no connection), hang (no answer), slow (late answers).',
  example: 'fault.kms: { nodes: all, mode: hang }',
  mainField: 'nodes',
  args: (names) =>
    z
      .strictObject({
        nodes: nodesSchema(names),
        mode: z.enum(['refuse', 'hang', 'slow']),
        delay: durationBetween(1, DELAY_MAX_MS).optional(),
      })
      .refine((args) => args.delay === undefined || args.mode === 'slow', {
        path: ['delay'],
        message: "'delay' goes with mode: slow only",
      }),
  run: async ({ nodes, mode, delay = DEFAULT_DELAY_MS }, { world }) => {
    for (const server of nodes) {
      await world.faults.set(server, mode === 'slow' ? { kind: mode, delayMs: delay } : { kind: mode });
      world.runEvents.emit({ type: 'FAULT_SET', server, fault: mode });
    }
    return {};
  },
});
