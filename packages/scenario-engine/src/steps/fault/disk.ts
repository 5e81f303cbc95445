import { diskSizeSchema, durationBetween } from '@vcryptsim/lab';
import { z } from 'zod';
import { stepKind } from '../step-kind.js';
import { diskAt, placeSchema } from './place.js';

/** How late a `late` disk is when nothing else is said. */
const DEFAULT_DELAY_MS = 500;
/** An hour: far beyond every time-out. */
const DELAY_MAX_MS = 3_600_000;
/** Far more calls than any step makes. */
const CALLS_MAX = 1_000_000;

/** `fault.disk`: breaks a disk until `fault.clear`. */
export const faultDisk = stepKind({
  verb: 'fault.disk',
  about:
    'Breaks a disk: full (nothing can be written; with room, files can grow by so much), io-error (one call fails), late (each call takes longer), lying (what it calls durable is not). The place is a datastore, vcenter, or a host.',
  example: 'fault.disk: { place: datastore1, mode: full }',
  mainField: 'place',
  args: (names) =>
    z
      .strictObject({
        place: placeSchema(names),
        mode: z.enum(['full', 'io-error', 'late', 'lying']),
        'at-call': z.int().min(1).max(CALLS_MAX).optional(),
        delay: durationBetween(1, DELAY_MAX_MS).optional(),
        room: diskSizeSchema.optional(),
      })
      .refine((args) => args['at-call'] === undefined || args.mode === 'io-error', {
        path: ['at-call'],
        message: "'at-call' goes with mode: io-error only",
      })
      .refine((args) => args.room === undefined || args.mode === 'full', {
        path: ['room'],
        message: "'room' goes with mode: full only",
      })
      .refine((args) => args.delay === undefined || args.mode === 'late', {
        path: ['delay'],
        message: "'delay' goes with mode: late only",
      }),
  run: async ({ place, mode, 'at-call': atCall = 1, delay: delayMs = DEFAULT_DELAY_MS, room }, { world }) => {
    const disk = diskAt(place, world);
    if (mode === 'io-error') disk.set({ mode, atCall });
    else if (mode === 'late') disk.set({ mode, delayMs });
    else if (mode === 'full' && room !== undefined) disk.set({ mode, roomBytes: room });
    else disk.set({ mode });
    world.runEvents.emit({ type: 'FAULT_SET', server: place, fault: mode });
    return {};
  },
});
