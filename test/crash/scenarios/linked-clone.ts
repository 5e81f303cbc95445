import { cloneScenario } from '../support/clone-scenario.js';

/** A copy that rests on what a snapshot of an encrypted VM froze. */
export const linkedClone = cloneScenario('linked-clone', [{ sizeBytes: 8 * 1024 }], 'linked');
