import {
  type Attribute,
  attribute,
  encodeTtlv,
  firstValue,
  item,
  type KeyBlock,
  structure,
  Tag,
} from '@vcryptsim/kmip-lite';
import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { refuseCompression } from '../cryptography/key-formats.js';
import { encodeAttributes } from '../objects/attribute-list.js';
import { digestAttribute } from '../objects/attributes.js';
import { KeyMaterial } from '../objects/key-material.js';
import type { ObjectForm } from '../objects/managed-object.js';
import { KmsError } from '../terms/errors.js';
import { certificateAttributes } from './certificate-attributes.js';
import { makeObject, type NewObject, wantedAttributes } from './new-object.js';
import type { Call, OperationContext } from './operation-context.js';
import { materialBytes } from './symmetric-lengths.js';

type RegisterRequest = Parameters<OperationHandler<'Register', OperationContext>>[0];

/** Register (KMIP 1.1 section 4.3): keeps an object that the client brings, in the form in which it came. */
export const register: OperationHandler<'Register', OperationContext> = async (request, call) => {
  const object = makeObject(broughtObject(request, call), call);
  await call.context.store.add(object);
  call.context.events.emit({ type: 'KEY_REGISTERED', keyId: object.id, client: call.context.client });
  return { uniqueIdentifier: object.id };
};

function broughtObject({ object, templateAttribute }: RegisterRequest, call: Call): NewObject {
  const wanted = (more: readonly Attribute[] = []) => wantedAttributes(templateAttribute, call, more);
  const type = object.objectType;
  switch (object.objectType) {
    case 'SymmetricKey':
    case 'PublicKey':
    case 'PrivateKey':
    case 'SecretData': {
      const { keyFormatType } = object.keyBlock;
      const { bytes, attributes, isStructure } = materialOf(object.keyBlock);
      const all = withKeyFacts(wanted(attributes), object.keyBlock);
      if (object.objectType === 'SymmetricKey' && !isStructure) checkLength(all, bytes);
      const form: ObjectForm =
        object.objectType === 'SecretData'
          ? { kind: 'secret', keyFormatType, secretDataType: object.secretDataType }
          : { kind: 'key', keyFormatType, isStructure };
      return kept({ type, form, attributes: [...all, digestAttribute(bytes, keyFormatType)] }, bytes);
    }
    case 'OpaqueObject': {
      const bytes = Uint8Array.from(object.opaqueDataValue);
      const form = { kind: 'opaque', opaqueDataType: object.opaqueDataType } as const;
      return kept({ type, form, attributes: [...wanted(), digestAttribute(bytes)] }, bytes);
    }
    case 'Certificate': {
      const bytes = Uint8Array.from(object.certificateValue);
      const { certificateType } = object;
      const attributes = [...wanted(), ...certificateAttributes(certificateType, bytes), digestAttribute(bytes)];
      return kept({ type, form: { kind: 'certificate', certificateType }, attributes }, bytes);
    }
    case 'Template': {
      // Its names are its own; what is made from it inherits the rest.
      const names = object.attributes.filter((one) => one.name === 'Name');
      const content = wantedAttributes({ attributes: object.attributes }, call).filter((one) => one.name !== 'Name');
      return kept({ type, form: { kind: 'template' }, attributes: wanted(names) }, encodeAttributes(content));
    }
  }
}

function kept(object: Omit<NewObject, 'material'>, bytes: Uint8Array): NewObject {
  if (bytes.length === 0) throw invalid('The object is empty.');
  return { ...object, material: KeyMaterial.take(bytes) };
}

/** A copy of the material, and the attributes that came inside. */
function materialOf(block: KeyBlock): { bytes: Uint8Array; attributes: readonly Attribute[]; isStructure: boolean } {
  if (block.keyWrappingData || block.keyValue instanceof Uint8Array) {
    throw new KmsError('FEATURE_NOT_SUPPORTED', 'Wrapped keys are not registered.');
  }
  refuseCompression(block.keyCompressionType);
  const { keyMaterial, attributes = [] } = block.keyValue;
  if (keyMaterial instanceof Uint8Array) return { bytes: Uint8Array.from(keyMaterial), attributes, isStructure: false };
  return { bytes: encodeTtlv(item(Tag.KeyMaterial, structure(keyMaterial))), attributes, isStructure: true };
}

/** Algorithm and length may stand in the key block, among the attributes, or in both and then agree. */
function withKeyFacts(attributes: Attribute[], block: KeyBlock): Attribute[] {
  const { cryptographicAlgorithm: algorithm, cryptographicLength: lengthBits } = block;
  const statedAlgorithm = firstValue('Cryptographic Algorithm', attributes);
  const statedLength = firstValue('Cryptographic Length', attributes);
  const differs =
    (statedAlgorithm !== undefined && algorithm !== undefined && statedAlgorithm !== algorithm) ||
    (statedLength !== undefined && lengthBits !== undefined && statedLength !== lengthBits);
  if (differs) throw invalid('Algorithm or length of the key block differ from the attributes.');
  return [
    ...attributes,
    ...(statedAlgorithm === undefined && algorithm !== undefined
      ? [attribute('Cryptographic Algorithm', algorithm)]
      : []),
    ...(statedLength === undefined && lengthBits !== undefined ? [attribute('Cryptographic Length', lengthBits)] : []),
  ];
}

function checkLength(attributes: readonly Attribute[], bytes: Uint8Array): void {
  const algorithm = firstValue('Cryptographic Algorithm', attributes);
  const lengthBits = firstValue('Cryptographic Length', attributes);
  if (algorithm === undefined || lengthBits === undefined) {
    throw new KmsError('FIELD_MISSING', 'A key needs an algorithm and a length.');
  }
  const wanted = materialBytes(algorithm, lengthBits) ?? lengthBits / 8;
  if (wanted !== bytes.length) throw invalid('The key is not as long as it says.');
  if (bytes.every((byte) => byte === 0))
    throw invalid('A key of zeros is not accepted: its bytes were probably left out.');
}

function invalid(message: string): KmsError {
  return new KmsError('FIELD_INVALID', message);
}
