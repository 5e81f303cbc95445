import { guestWriteScenario } from '../support/guest-write-scenario.js';

/** A guest writes parts of two neighbouring data units of 4 KiB: both are read, changed and written again. */
export const guestWriteUnaligned = guestWriteScenario(
  'guest-write-unaligned',
  { sizeBytes: 32 * 1024, dataUnitSizeBytes: 4096 },
  [
    { start: 5, count: 6 },
    { start: 23, count: 2 },
    { start: 9, count: 1 },
    { start: 30, count: 20 },
  ],
);
