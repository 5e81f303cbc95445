import { guestWriteScenario } from '../support/guest-write-scenario.js';

/** A guest writes whole data units of 4 KiB, some of them twice. */
export const guestWriteAligned = guestWriteScenario(
  'guest-write-aligned',
  { sizeBytes: 32 * 1024, dataUnitSizeBytes: 4096 },
  [
    { start: 0, count: 16 },
    { start: 32, count: 8 },
    { start: 8, count: 24 },
    { start: 56, count: 8 },
  ],
);
