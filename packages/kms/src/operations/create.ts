import { type Attribute, CryptographicUsageMask, firstValue } from '@vcryptsim/kmip-lite';
import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { drawUuid, type KeyId } from '@vcryptsim/ports';
import { digestAttribute, withInitial, withValue } from '../attributes.js';
import { KmsError } from '../errors.js';
import { KeyMaterial } from '../key-material.js';
import { stateAt } from '../state-machine.js';
import { type OperationContext, userOf } from './operation-context.js';
import { materialBytes, setDesParity } from './symmetric-lengths.js';

const RAW_KEY = { kind: 'key', keyFormatType: 'Raw', isStructure: false } as const;
const KNOWN_USAGE = Object.values(CryptographicUsageMask).reduce((mask, bit) => mask | bit, 0);

/** Create (KMIP 1.1 section 4.1): draws a symmetric key. It is Pre-Active unless its Activation Date has come. */
export const create: OperationHandler<'Create', OperationContext> = async (request, call) => {
  const { context, nowMs } = call;
  if (request.objectType !== 'SymmetricKey') throw invalid(`Create makes symmetric keys, not ${request.objectType}.`);
  if ((request.templateAttribute.templateNames ?? []).length > 0) {
    throw new KmsError('TEMPLATE_NOT_FOUND', 'There are no templates.');
  }
  const wanted = request.templateAttribute.attributes.reduce<Attribute[]>(withInitial, []);
  const id = drawUuid(context.entropy, 'unique identifier') as KeyId;
  const { material, digest } = drawKey(wanted, context);
  const seconds = Math.floor(nowMs / 1000);
  const attributes = [...withValue(withValue(wanted, 'Initial Date', seconds), 'Last Change Date', seconds), digest];
  const state = stateAt({ state: 'PreActive', attributes }, nowMs);
  const owner = { owner: context.client, user: userOf(call.credential) };
  await context.store.add({
    id,
    type: 'SymmetricKey',
    ...owner,
    state,
    version: 1,
    attributes,
    form: RAW_KEY,
    material,
  });
  context.events.emit({ type: 'KEY_CREATED', keyId: id, client: context.client });
  return { objectType: 'SymmetricKey', uniqueIdentifier: id };
};

function drawKey(
  wanted: readonly Attribute[],
  context: OperationContext,
): { material: KeyMaterial; digest: Attribute } {
  const algorithm = firstValue('Cryptographic Algorithm', wanted);
  const lengthBits = firstValue('Cryptographic Length', wanted);
  const usageMask = firstValue('Cryptographic Usage Mask', wanted);
  if (algorithm === undefined || lengthBits === undefined || usageMask === undefined) {
    throw invalid('Create needs Cryptographic Algorithm, Cryptographic Length and Cryptographic Usage Mask.');
  }
  if ((usageMask & ~KNOWN_USAGE) !== 0) throw invalid('The usage mask has bits that mean nothing.');
  const lengthBytes = materialBytes(algorithm, lengthBits);
  if (lengthBytes === null) throw invalid(`There is no ${algorithm} key of ${lengthBits} bits.`);
  const bytes = context.entropy.secret(lengthBytes, 'kek');
  try {
    if (algorithm === 'DES3') setDesParity(bytes);
    return { digest: digestAttribute(bytes, 'Raw'), material: KeyMaterial.take(bytes) };
  } finally {
    bytes.fill(0);
  }
}

function invalid(message: string): KmsError {
  return new KmsError('FIELD_INVALID', message);
}
