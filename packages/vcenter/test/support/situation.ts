import type { HostName, MoRef } from '@vcryptsim/ports';
import { ROOT_FOLDER, type TaskRecord, type UserName, type VCenterOptions } from '@vcryptsim/vcenter';
import type { AnyOperation, Privilege } from '@vcryptsim/vcenter/catalogue';
import type { PrivilegeWorld } from './privilege-world.js';

/** A need as situations name it: `Cryptographer.EncryptNew on the folder`. */
export type NeedName = `${Privilege} on ${string}`;

/** What is called, and on what. */
export interface Called {
  /** null for a service. */
  readonly object: MoRef | null;
  readonly args: object;
}

/** An object: that of the call, the root folder, or another. */
export type Place = 'object' | 'root' | ((world: PrivilegeWorld) => MoRef);

/** The object of a place, once the call is known. */
export function objectAt(place: Place, world: PrivilegeWorld, { object }: Called): MoRef {
  if (place === 'root' || object === null) return typeof place === 'function' ? place(world) : ROOT_FOLDER;
  return place === 'object' ? object : place(world);
}

/**
 * Has the call made by somebody who lacks the privilege, and looks at what comes of it.
 *
 * @param attempt the call; a task is waited for to its end
 */
export type Effect = (world: PrivilegeWorld, attempt: () => Promise<TaskRecord | null>) => Promise<void>;

/**
 * How the world is set up so that the cases of some needs are given, or are not. Every need of every operation is in one
 * situation at least.
 */
export interface Situation {
  /** Hosts of the cluster; default: three. */
  readonly hosts?: readonly HostName[];
  readonly version?: VCenterOptions['version'];
  /**
   * Sets the world up, and says what is called.
   *
   * @param caller who will call, where the case depends on that
   */
  readonly call: (world: PrivilegeWorld, caller?: UserName) => Promise<Called>;
  /** Needs whose lack is a refusal here, each with the object that it names. */
  readonly refused?: Readonly<Record<NeedName, Place>>;
  /** Needs whose lack is no refusal: what must be seen when somebody without the privilege calls. */
  readonly effects?: Readonly<Record<NeedName, Effect>>;
  /** Needs whose case is not given here: who lacks the privilege passes. */
  readonly spared?: readonly NeedName[];
  /** What must be seen, beside success, when everything is permitted. */
  readonly passed?: (world: PrivilegeWorld) => void | Promise<void>;
}

/** The situations of an operation, by its name. */
export type Situations = ReadonlyMap<string, readonly Situation[]>;

export function needName({ privilege, on }: AnyOperation['needs'][number]): NeedName {
  return `${privilege} on ${on}`;
}
