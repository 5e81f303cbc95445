import {
  attributeText,
  attributeValue,
  firstValue,
  isStandard,
  type ObjectType,
  type State,
} from '@vcryptsim/kmip-lite';
import type { KeyId } from '@vcryptsim/ports';
import { allAttributes, hasState, standardValue } from '../objects/attributes.js';
import type { ManagedObject } from '../objects/managed-object.js';
import { stateAt } from '../objects/state-machine.js';
import { isArchived } from '../operations/operation-context.js';
import type { ClientName } from '../terms/client-name.js';

/** One managed object as an administrator's list shows it. */
export interface KeySummary {
  readonly id: KeyId;
  readonly type: ObjectType;
  /** Null for objects without a life cycle. */
  readonly state: State | null;
  readonly isArchived: boolean;
  /** The client whose object it is. */
  readonly owner: ClientName;
  /** The object's first Name, null without one. */
  readonly name: string | null;
  readonly algorithm: string | null;
  readonly lengthBits: number | null;
  readonly createdMs: number | null;
}

/** One managed object with its attributes; never its bytes, nor a digest of them. */
export interface KeyDescription extends KeySummary {
  readonly attributes: readonly DescribedAttribute[];
}

/** An attribute as JSON: texts, numbers, bytes in hex, dates as ISO 8601, and objects of those. */
export interface DescribedAttribute {
  readonly name: string;
  readonly index: number;
  readonly value: unknown;
}

/** Says in one line what an object is at a moment. What cannot be read of it is left out. */
export function summarize(object: ManagedObject, nowMs: number): KeySummary {
  const created = readable(() => standardValue(object, 'Initial Date'));
  return {
    id: object.id,
    type: object.type,
    state: hasState(object.type) ? stateShown(object, nowMs) : null,
    isArchived: readable(() => isArchived(object)) ?? false,
    owner: object.owner,
    name: readable(() => firstValue('Name', object.attributes)?.value) ?? null,
    algorithm: readable(() => standardValue(object, 'Cryptographic Algorithm')) ?? null,
    lengthBits: readable(() => standardValue(object, 'Cryptographic Length')) ?? null,
    createdMs: created === undefined ? null : created * 1000,
  };
}

/** The state at a moment; the one that is kept where its dates cannot be read. */
export function stateShown(object: ManagedObject, nowMs: number): State {
  return readable(() => stateAt(object, nowMs)) ?? object.state;
}

/** What `read` answers, undefined when the store holds it in a wrong shape, as an older version may have taken it. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Says of an object all that an administrator may know; an attribute of a wrong shape as the items that it holds. */
export function describe(object: ManagedObject, nowMs: number): KeyDescription {
  const current = { ...object, state: stateShown(object, nowMs) };
  // Of a password that was registered a digest says much: who has it can try them all.
  const shown = allAttributes(current).filter((one) => one.name !== 'Digest');
  const attributes = shown.map((one) => {
    const value = readable(() =>
      isStandard(one.name) ? attributeValue(one.name, one) : (attributeText(one) ?? one.value),
    );
    const isDate = one.value.type === 'DateTime' && typeof value === 'number';
    return { name: one.name, index: one.index ?? 0, value: isDate ? isoDate(value) : asJson(value ?? one.value) };
  });
  return { ...summarize(object, nowMs), attributes };
}

function isoDate(seconds: number): unknown {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? seconds : date.toISOString();
}

function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asJson(inner)]));
}
