import { aesKeyWrap } from '@vcryptsim/crypto-core';
import {
  bytes as byteString,
  CryptographicUsageMask,
  encodeTtlv,
  type Item,
  item,
  type KeyBlock,
  type KeyWrappingSpecification,
  structure,
  Tag,
} from '@vcryptsim/kmip-lite';
import { inFormat } from '../cryptography/key-formats.js';
import { encodeAttribute } from '../objects/attribute-list.js';
import { allAttributes, standardValue } from '../objects/attributes.js';
import type { ManagedObject } from '../objects/managed-object.js';
import { KmsError } from '../terms/errors.js';
import { type Call, ownObject } from './operation-context.js';

const AES_KEY_BYTES: ReadonlySet<number> = new Set([16, 24, 32]);

/**
 * Wraps a key for Get by AES Key Wrap (RFC 3394; KMIP 1.1 sections 2.1.5 and 2.1.6). With No Encoding the key's bytes
 * are wrapped, with TTLV Encoding (the default) the whole Key Value, attributes by name included. The key in clear is
 * zeroed.
 *
 * @throws KmsError OBJECT_NOT_FOUND (no such wrapping key), NOT_A_KEY, WRAPPING_KEY_REFUSED (not Active or not for
 *   wrapping), FEATURE_NOT_SUPPORTED (another method or mode), ENCODING_OPTION, FIELD_INVALID, MATERIAL_NOT_WRAPPABLE
 */
export function wrapKeyBlock(
  block: KeyBlock,
  object: ManagedObject,
  specification: KeyWrappingSpecification,
  call: Call,
): KeyBlock {
  const { wrappingMethod, encryptionKeyInformation, macSignatureKeyInformation, encodingOption } = specification;
  if (wrappingMethod !== 'Encrypt' || macSignatureKeyInformation) {
    throw new KmsError('FEATURE_NOT_SUPPORTED', 'Keys are wrapped by encryption only.');
  }
  if (!encryptionKeyInformation) throw new KmsError('FIELD_INVALID', 'The request does not say which key wraps.');
  const names = specification.attributeNames ?? [];
  const isBare = encodingOption === 'NoEncoding';
  if (isBare && names.length > 0) throw new KmsError('ENCODING_OPTION', 'Attributes are wrapped with TTLV encoding.');
  const wrappingKey = ownObject(encryptionKeyInformation.uniqueIdentifier, call);
  const mode =
    encryptionKeyInformation.cryptographicParameters?.blockCipherMode ??
    standardValue(wrappingKey, 'Cryptographic Parameters')?.blockCipherMode;
  if (mode !== 'NISTKeyWrap') throw new KmsError('FEATURE_NOT_SUPPORTED', 'Keys are wrapped by NIST key wrap only.');
  const attributes = allAttributes(object).filter((one) => names.includes(one.name));
  const clear = clearBytes(block, isBare, attributes.map(encodeAttribute));
  try {
    const wrapped = wrapUnder(wrappingKey, clear);
    return {
      ...block,
      keyValue: isBare ? { keyMaterial: wrapped } : wrapped,
      keyWrappingData: { wrappingMethod, encryptionKeyInformation, encodingOption },
    };
  } finally {
    clear.fill(0);
  }
}

/** What is wrapped: the key's bytes, or its Key Value as TTLV. */
function clearBytes(block: KeyBlock, isBare: boolean, attributes: readonly Item[]): Uint8Array {
  const { keyValue } = block;
  const material = keyValue instanceof Uint8Array ? null : keyValue.keyMaterial;
  if (!(material instanceof Uint8Array)) {
    throw new KmsError('FEATURE_NOT_SUPPORTED', 'Transparent keys are not wrapped.');
  }
  if (isBare) {
    if (material.length >= 16 && material.length % 8 === 0) return material;
    throw new KmsError('MATERIAL_NOT_WRAPPABLE', 'NIST key wrap takes 16 bytes or more, a multiple of 8.');
  }
  try {
    return encodeTtlv(item(Tag.KeyValue, structure([item(Tag.KeyMaterial, byteString(material)), ...attributes])));
  } finally {
    material.fill(0);
  }
}

function wrapUnder(wrappingKey: ManagedObject, clear: Uint8Array): Uint8Array {
  const { type, material, state } = wrappingKey;
  if (type !== 'SymmetricKey' || standardValue(wrappingKey, 'Cryptographic Algorithm') !== 'AES') {
    throw new KmsError('NOT_A_KEY', 'The wrapping key is not an AES key.');
  }
  const usage = standardValue(wrappingKey, 'Cryptographic Usage Mask') ?? 0;
  if (!material || state !== 'Active' || (usage & CryptographicUsageMask.WrapKey) === 0) {
    throw new KmsError('WRAPPING_KEY_REFUSED', 'The wrapping key is not Active or not for wrapping.');
  }
  return material.use((bytes) => {
    const key = rawKey(bytes, wrappingKey);
    try {
      return aesKeyWrap(key, clear);
    } finally {
      key.fill(0);
    }
  });
}

/** The wrapping key's own bytes, whatever form it was registered in; fresh, the caller zeroes them. */
function rawKey(stored: Uint8Array, { form, type }: ManagedObject): Uint8Array {
  const raw = form.kind === 'key' ? inFormat(stored, form, 'Raw', type) : null;
  if (raw instanceof Uint8Array && AES_KEY_BYTES.has(raw.length)) return raw;
  throw new KmsError('NOT_A_KEY', 'The wrapping key is not 16, 24 or 32 bytes.');
}
