import { ObjectType, State } from '@vcryptsim/kmip-lite';
import { joinBytes, type KeyId, viewOf } from '@vcryptsim/ports';
import { decodeAttributes, encodeAttributes } from '../objects/attribute-list.js';
import { KeyMaterial } from '../objects/key-material.js';
import type { ManagedObject, ObjectForm } from '../objects/managed-object.js';
import { clientName } from '../terms/client-name.js';
import { KmsError } from '../terms/errors.js';
import type { RootKey } from './root-key.js';

/*
 * One version of one object in the journal, without its material:
 *
 *   0     4   length F of the facts, big-endian
 *   4     F   facts in clear: JSON of id, type, owner, user, state, version, and `material`: whether it has any. They are
 *             the additional authenticated data, byte for byte, so none can be changed and no record can pose as another
 *             object's or version's
 *   4+F   12  nonce
 *   16+F  S   AES-256-GCM under the root key of
 *               0    4   length A of the attributes
 *               4    A   attributes as TTLV (attribute-list.ts)
 *               4+A  O   form: JSON of how the material is to be read (managed-object.ts)
 *         16  tag
 *
 * An object's material is written once, beside its first version, and is not repeated when its attributes change:
 *
 *   0     12  nonce
 *   12    M   AES-256-GCM under the root key of the bytes, with "material of " and the object's identifier as additional
 *             data
 *   12+M  16  tag
 */

/** What a record says of its object without being opened. */
type Facts = Pick<ManagedObject, 'id' | 'type' | 'owner' | 'user' | 'state' | 'version'>;

/** An object as its record tells it: whether it has material, which lies elsewhere. */
export type RecordedObject = Omit<ManagedObject, 'material'> & { readonly hasMaterial: boolean };

/** Bytes of a record. */
export function sealRecord(rootKey: RootKey, object: ManagedObject): Uint8Array {
  const { id, type, owner, user, state, version } = object;
  const material = object.material !== null;
  const facts = new TextEncoder().encode(JSON.stringify({ id, type, owner, user, state, version, material }));
  const attributes = encodeAttributes(object.attributes);
  const form = new TextEncoder().encode(JSON.stringify(object.form));
  const payload = joinBytes([lengthOf(attributes), attributes, form]);
  try {
    return joinBytes([lengthOf(facts), facts, rootKey.seal(payload, facts)]);
  } finally {
    payload.fill(0);
    attributes.fill(0);
  }
}

/**
 * Opens a record.
 *
 * @throws KmsError STORE_DAMAGED when it does not open under this root key or holds what no record holds
 */
export function openRecord(rootKey: RootKey, record: Uint8Array): RecordedObject {
  const factsBytes = record.length < 4 ? 0 : viewOf(record).getUint32(0);
  const facts = record.subarray(4, 4 + factsBytes);
  const payload = rootKey.open(record.subarray(4 + factsBytes), facts);
  if (!payload) throw damagedRecord('A record of the store does not open: it was changed.');
  try {
    const attributesEnd = 4 + viewOf(payload).getUint32(0);
    const attributes = decodeAttributes(payload.slice(4, attributesEnd));
    const form = JSON.parse(new TextDecoder().decode(payload.subarray(attributesEnd))) as ObjectForm;
    return { ...readFacts(facts), attributes, form };
  } finally {
    payload.fill(0);
  }
}

/** What a record says in clear. Throws KmsError STORE_DAMAGED. */
export function factsOf(record: Uint8Array): Facts & { readonly hasMaterial: boolean } {
  return readFacts(record.subarray(4, 4 + viewOf(record).getUint32(0)));
}

/** Bytes of an object's sealed material. */
export function sealMaterial(rootKey: RootKey, id: KeyId, material: KeyMaterial): Uint8Array {
  return material.use((bytes) => rootKey.seal(bytes, materialContext(id)));
}

/** Opens an object's material. Throws KmsError STORE_DAMAGED. */
export function openMaterial(rootKey: RootKey, id: KeyId, sealed: Uint8Array): KeyMaterial {
  const bytes = rootKey.open(sealed, materialContext(id));
  if (!bytes) throw damagedRecord('The material of an object does not open: it was changed.');
  return KeyMaterial.take(bytes);
}

/**
 * Checks that a record's object is the next version of the one before it, or the first that is left of its object.
 *
 * @throws KmsError STORE_DAMAGED
 */
export function checkOrder(
  before: Pick<ManagedObject, 'version' | 'owner'> | undefined,
  object: Pick<ManagedObject, 'id' | 'version' | 'owner'>,
): void {
  const isNext = before ? object.version === before.version + 1 && object.owner === before.owner : object.version >= 1;
  if (!isNext) throw damagedRecord(`Object ${object.id} has versions out of order in the store.`);
}

/** Reads a record's facts. Throws KmsError STORE_DAMAGED. */
export function readFacts(facts: Uint8Array): Facts & { readonly hasMaterial: boolean } {
  const { id, type, owner, user, state, version, material } = JSON.parse(new TextDecoder().decode(facts)) as Record<
    string,
    unknown
  >;
  const isUser = user === null || typeof user === 'string';
  if (
    typeof id === 'string' &&
    isType(type) &&
    typeof owner === 'string' &&
    isUser &&
    isState(state) &&
    typeof version === 'number'
  ) {
    return { id: id as KeyId, type, owner: clientName(owner), user, state, version, hasMaterial: material === true };
  }
  throw damagedRecord('A record of the store has fields that contradict each other.');
}

/** A record that is none of ours, or was changed. */
export function damagedRecord(message: string): KmsError {
  return new KmsError('STORE_DAMAGED', message, 'Restore the folder from a backup.');
}

function isType(value: unknown): value is ObjectType {
  return typeof value === 'string' && Object.hasOwn(ObjectType, value);
}

function isState(value: unknown): value is State {
  return typeof value === 'string' && Object.hasOwn(State, value);
}

function materialContext(id: KeyId): Uint8Array {
  return new TextEncoder().encode(`material of ${id}`);
}

function lengthOf(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(4);
  viewOf(out).setUint32(0, bytes.length);
  return out;
}
