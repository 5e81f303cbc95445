import type { KeyBlock, KeyFormatType, ManagedObject as WireObject } from '@vcryptsim/kmip-lite';
import { assert } from '@vcryptsim/ports';
import { inFormat } from '../cryptography/key-formats.js';
import { decodeAttributes } from '../objects/attribute-list.js';
import { standardValue } from '../objects/attributes.js';
import type { ManagedObject } from '../objects/managed-object.js';
import { KmsError } from '../terms/errors.js';

/**
 * The key block of an object that has one, in clear; null for the others. The key bytes in it are a copy, which the
 * server side of kmip-lite zeroes once the answer is encoded.
 *
 * @param keyFormatType the format that is wanted, the one it was made or registered in if missing
 * @throws KmsError KEY_FORMAT_NOT_SUPPORTED
 */
export function keyBlockOf(object: ManagedObject, keyFormatType?: KeyFormatType): KeyBlock | null {
  const { form, material } = object;
  assert(material, 'a destroyed object is not shown');
  if (form.kind === 'secret') {
    const wanted = keyFormatType ?? form.keyFormatType;
    if (wanted !== form.keyFormatType) throw new KmsError('KEY_FORMAT_NOT_SUPPORTED', 'Secret data has one format.');
    return { keyFormatType: wanted, keyValue: { keyMaterial: material.use((bytes) => Uint8Array.from(bytes)) } };
  }
  if (form.kind !== 'key') return null;
  const wanted = keyFormatType ?? form.keyFormatType;
  return {
    keyFormatType: wanted,
    keyValue: { keyMaterial: material.use((bytes) => inFormat(bytes, form, wanted, object.type)) },
    cryptographicAlgorithm: standardValue(object, 'Cryptographic Algorithm'),
    cryptographicLength: standardValue(object, 'Cryptographic Length'),
  };
}

/** The object as Get answers it. */
export function wireObject(object: ManagedObject, block: KeyBlock | null): WireObject {
  const { form, material, type } = object;
  assert(material, 'a destroyed object is not shown');
  const copy = () => material.use((bytes) => Uint8Array.from(bytes));
  switch (form.kind) {
    case 'key':
      assert(
        block && (type === 'SymmetricKey' || type === 'PublicKey' || type === 'PrivateKey'),
        'keys have key blocks',
      );
      return { objectType: type, keyBlock: block };
    case 'secret':
      assert(block, 'secret data has a key block');
      return { objectType: 'SecretData', secretDataType: form.secretDataType, keyBlock: block };
    case 'opaque':
      return { objectType: 'OpaqueObject', opaqueDataType: form.opaqueDataType, opaqueDataValue: copy() };
    case 'certificate':
      return { objectType: 'Certificate', certificateType: form.certificateType, certificateValue: copy() };
    case 'template':
      return { objectType: 'Template', attributes: decodeAttributes(copy()) };
  }
}
