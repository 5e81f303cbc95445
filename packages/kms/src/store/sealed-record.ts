import { type Attribute, ObjectType, State } from '@vcryptsim/kmip-lite';
import type { KeyId } from '@vcryptsim/ports';
import { clientName } from '../clients/client-name.js';
import { KmsError } from '../errors.js';
import { KeyMaterial } from '../key-material.js';
import type { ManagedObject, ObjectForm } from '../managed-object.js';
import { decodeAttributes, encodeAttributes } from './attribute-list.js';
import type { RootKey } from './root-key.js';

/*
 * One version of one object in the journal:
 *
 *   0     4   length F of the facts, big-endian
 *   4     F   facts in clear: JSON of id, type, owner, user, state, version. They are the additional authenticated data,
 *             byte for byte, so none can be changed and no record can pose as another object's or version's
 *   4+F   12  nonce
 *   16+F  S   AES-256-GCM under the root key of
 *               0    4   length A of the attributes
 *               4    A   attributes as TTLV (attribute-list.ts)
 *               4+A  4   length O of the form
 *               8+A  O   form: JSON of how the material is to be read (managed-object.ts)
 *               rest M   material; M = 0 once destroyed
 *         16  tag
 */

/** Bytes of a record. */
export function sealRecord(rootKey: RootKey, object: ManagedObject): Uint8Array {
  const { id, type, owner, user, state, version } = object;
  const facts = new TextEncoder().encode(JSON.stringify({ id, type, owner, user, state, version }));
  const attributes = encodeAttributes(object.attributes);
  const form = new TextEncoder().encode(JSON.stringify(object.form));
  const materialAt = 8 + attributes.length + form.length;
  const payload = Buffer.allocUnsafeSlow(materialAt + (object.material?.lengthBytes ?? 0));
  try {
    payload.writeUInt32BE(attributes.length);
    payload.set(attributes, 4);
    payload.writeUInt32BE(form.length, 4 + attributes.length);
    payload.set(form, 8 + attributes.length);
    object.material?.use((bytes) => payload.set(bytes, materialAt));
    const sealed = rootKey.seal(payload, facts);
    const record = new Uint8Array(4 + facts.length + sealed.length);
    new DataView(record.buffer).setUint32(0, facts.length);
    record.set(facts, 4);
    record.set(sealed, 4 + facts.length);
    return record;
  } finally {
    payload.fill(0);
  }
}

/**
 * Opens a record.
 *
 * @throws KmsError STORE_DAMAGED when it does not open under this root key or holds what no record holds
 */
export function openRecord(rootKey: RootKey, record: Uint8Array): ManagedObject {
  const factsBytes = record.length < 4 ? 0 : new DataView(record.buffer, record.byteOffset).getUint32(0);
  const facts = record.subarray(4, 4 + factsBytes);
  const payload = rootKey.open(record.subarray(4 + factsBytes), facts);
  if (!payload) throw damaged('A record of the store does not open: it was changed.');
  try {
    const { id, type, owner, user, state, version } = readFacts(facts);
    const view = new DataView(payload.buffer, payload.byteOffset);
    const attributesEnd = 4 + view.getUint32(0);
    const formEnd = attributesEnd + 4 + view.getUint32(attributesEnd);
    const attributes: readonly Attribute[] = decodeAttributes(payload.slice(4, attributesEnd));
    const form = JSON.parse(new TextDecoder().decode(payload.subarray(attributesEnd + 4, formEnd))) as ObjectForm;
    const bytes = payload.subarray(formEnd);
    const material = bytes.length === 0 ? null : KeyMaterial.take(bytes);
    return { id, type, owner, user, state, version, attributes, form, material };
  } finally {
    payload.fill(0);
  }
}

/**
 * Checks that a record's object is the next version of the one before it, or the first that is left of its object.
 *
 * @throws KmsError STORE_DAMAGED
 */
export function checkOrder(before: ManagedObject | undefined, object: ManagedObject): void {
  const isNext = before ? object.version === before.version + 1 && object.owner === before.owner : object.version >= 1;
  if (!isNext) throw damaged(`Object ${object.id} has versions out of order in the store.`);
}

function readFacts(facts: Uint8Array): Pick<ManagedObject, 'id' | 'type' | 'owner' | 'user' | 'state' | 'version'> {
  const { id, type, owner, user, state, version } = JSON.parse(new TextDecoder().decode(facts)) as Record<
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
    return { id: id as KeyId, type, owner: clientName(owner), user, state, version };
  }
  throw damaged('A record of the store says of itself what no record says.');
}

function isType(value: unknown): value is ObjectType {
  return typeof value === 'string' && Object.hasOwn(ObjectType, value);
}

function isState(value: unknown): value is State {
  return typeof value === 'string' && Object.hasOwn(State, value);
}

function damaged(message: string): KmsError {
  return new KmsError('STORE_DAMAGED', message, 'Restore the folder from a backup.');
}
