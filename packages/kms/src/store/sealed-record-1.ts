import type { Attribute } from '@vcryptsim/kmip-lite';
import { viewOf } from '@vcryptsim/ports';
import { decodeAttributes } from '../objects/attribute-list.js';
import { KeyMaterial } from '../objects/key-material.js';
import type { ManagedObject, ObjectForm } from '../objects/managed-object.js';
import type { RootKey } from './root-key.js';
import { damagedRecord, readFacts } from './sealed-record.js';

/*
 * One version of one object in a journal of the first format (journal-format-1.ts):
 *
 *   0     4   length F of the facts, big-endian
 *   4     F   facts in clear: JSON of id, type, owner, user, state, version; the additional authenticated data
 *   4+F   12  nonce
 *   16+F  S   AES-256-GCM under the root key of
 *               0    4   length A of the attributes
 *               4    A   attributes as TTLV (attribute-list.ts)
 *               4+A  4   length O of the form
 *               8+A  O   form: JSON of how the material is to be read (managed-object.ts)
 *               rest M   material; M = 0 once destroyed
 *         16  tag
 */

/**
 * Opens a record of the first format.
 *
 * @throws KmsError STORE_DAMAGED when it does not open under this root key or holds what no record holds
 */
export function openRecord1(rootKey: RootKey, record: Uint8Array): ManagedObject {
  const factsBytes = record.length < 4 ? 0 : viewOf(record).getUint32(0);
  const facts = record.subarray(4, 4 + factsBytes);
  const payload = rootKey.open(record.subarray(4 + factsBytes), facts);
  if (!payload) throw damagedRecord('A record of the store does not open: it was changed.');
  try {
    const view = viewOf(payload);
    const attributesEnd = 4 + view.getUint32(0);
    const formEnd = attributesEnd + 4 + view.getUint32(attributesEnd);
    const attributes: readonly Attribute[] = decodeAttributes(payload.slice(4, attributesEnd));
    const form = JSON.parse(new TextDecoder().decode(payload.subarray(attributesEnd + 4, formEnd))) as ObjectForm;
    const bytes = payload.subarray(formEnd);
    const material = bytes.length === 0 ? null : KeyMaterial.take(bytes);
    const { hasMaterial: _, ...known } = readFacts(facts);
    return { ...known, attributes, form, material };
  } finally {
    payload.fill(0);
  }
}
