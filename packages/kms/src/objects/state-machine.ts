import type { ObjectType, State } from '@vcryptsim/kmip-lite';
import { KmsError } from '../terms/errors.js';
import { hasState, standardValue } from './attributes.js';
import type { ManagedObject } from './managed-object.js';

/** What moves an object from one state to another. */
export type Transition = 'activate' | 'deactivate' | 'compromise' | 'destroy';

/*
 *   Pre-Active --activate--> Active --deactivate--> Deactivated --destroy--> Destroyed --compromise--> Destroyed
 *       |  \                    |                    |                                              Compromised
 *       |   +---- compromise ---+---- compromise ----+--> Compromised --destroy------------------------^
 *       +--destroy--> Destroyed
 *
 * An Active object cannot be destroyed: it is revoked first. Nothing leads back.
 */
const TRANSITIONS: Readonly<Record<State, Readonly<Partial<Record<Transition, State>>>>> = {
  PreActive: { activate: 'Active', compromise: 'Compromised', destroy: 'Destroyed' },
  Active: { deactivate: 'Deactivated', compromise: 'Compromised' },
  Deactivated: { compromise: 'Compromised', destroy: 'Destroyed' },
  Compromised: { destroy: 'DestroyedCompromised' },
  Destroyed: { compromise: 'DestroyedCompromised' },
  DestroyedCompromised: {},
};

/**
 * The state that a transition leads to.
 *
 * @throws KmsError NO_STATE for a type of object without one; WRONG_STATE when there is no such transition (KMIP 1.1 section 3.22; facts/kmip.md section 1.6)
 */
export function stateAfter(type: ObjectType, from: State, transition: Transition): State {
  if (!hasState(type)) throw new KmsError('NO_STATE', `A ${type} has no state.`);
  const to = TRANSITIONS[from][transition];
  if (to !== undefined) return to;
  throw new KmsError('WRONG_STATE', `An object that is ${from} cannot do this: ${transition}.`);
}

/** Says whether an object's material is gone. */
export function isDestroyed(state: State): boolean {
  return state === 'Destroyed' || state === 'DestroyedCompromised';
}

/**
 * The state of an object at a moment: its Activation Date makes a Pre-Active object Active by itself, its Deactivation
 * Date an Active one Deactivated (KMIP 1.1 section 3.22). It follows from dates that are durable, so it is not stored.
 */
export function stateAt(object: Pick<ManagedObject, 'state' | 'attributes'>, nowMs: number): State {
  const isPast = (name: 'Activation Date' | 'Deactivation Date') => {
    const seconds = standardValue(object, name);
    return seconds !== undefined && seconds * 1000 <= nowMs;
  };
  const begun = object.state === 'PreActive' && isPast('Activation Date') ? 'Active' : object.state;
  return begun === 'Active' && isPast('Deactivation Date') ? 'Deactivated' : begun;
}
