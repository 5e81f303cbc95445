import { cloneScenario } from '../support/clone-scenario.js';

/** A full copy of an encrypted VM, with its keys. */
export const clone = cloneScenario(
  'clone',
  [{ sizeBytes: 8 * 1024 }, { sizeBytes: 8 * 1024, dataUnitSizeBytes: 4096 }],
  'full',
);
