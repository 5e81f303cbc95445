import type { State } from '@vcryptsim/kmip-lite';
import type { ManagedObject } from '../objects/managed-object.js';
import { KmsError } from '../terms/errors.js';

/** States in which a date that governs the life cycle may still be set (KMIP 1.1 sections 3.24 to 3.27). */
const OPEN_STATES: ReadonlyMap<string, readonly State[]> = new Map<string, readonly State[]>([
  ['Activation Date', ['PreActive']],
  ['Process Start Date', ['PreActive', 'Active']],
  ['Protect Stop Date', ['PreActive', 'Active']],
  ['Deactivation Date', ['PreActive', 'Active']],
]);

/** Refuses a change of a date that is fixed by now. Throws KmsError WRONG_STATE. */
export function checkDate(object: ManagedObject, name: string): void {
  const open = OPEN_STATES.get(name);
  if (!open || open.includes(object.state)) return;
  throw new KmsError('WRONG_STATE', `${name} is fixed once an object is ${object.state}.`);
}
