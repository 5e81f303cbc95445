import { type Attribute, attribute, firstValue } from '@vcryptsim/kmip-lite';
import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import type { KeyPair, KeyPairKind } from '@vcryptsim/ports';
import { digestAttribute } from '../attributes.js';
import { KmsError } from '../errors.js';
import { KeyMaterial } from '../key-material.js';
import type { ManagedObject } from '../managed-object.js';
import { makeObject, type NewObject, wantedAttributes } from './new-object.js';
import type { Call, OperationContext } from './operation-context.js';
import { withLink } from './re-key.js';

type Templates = Pick<
  Parameters<OperationHandler<'CreateKeyPair', OperationContext>>[0],
  'common' | 'privateKey' | 'publicKey'
>;

/** Kinds of RSA pair by length in bits. 1024 is too short to protect anything, and still asked for. */
const RSA_KINDS: Readonly<Record<number, KeyPairKind>> = {
  1024: 'rsa-1024',
  2048: 'rsa-2048',
  3072: 'rsa-3072',
  4096: 'rsa-4096',
};

/** Create Key Pair (KMIP 1.1 section 4.2): RSA or EC P-256, both halves linked to each other. */
export const createKeyPair: OperationHandler<'CreateKeyPair', OperationContext> = async (request, call) => {
  const { store, events, client } = call.context;
  const wanted = halves(request, call);
  const pair = await call.context.keyPairs.generate(kindOf(wanted.privateKey));
  const { privateKey, publicKey } = linkedPair(pair, wanted, call);
  await store.add(privateKey, publicKey);
  for (const { id } of [privateKey, publicKey]) events.emit({ type: 'KEY_CREATED', keyId: id, client });
  return { privateKeyUniqueIdentifier: privateKey.id, publicKeyUniqueIdentifier: publicKey.id };
};

/** Attributes that each half gets. */
export function halves(request: Templates, call: Call): { privateKey: Attribute[]; publicKey: Attribute[] } {
  const common = request.common?.attributes ?? [];
  const templateNames = request.common?.templateNames ?? [];
  const half = (own: Templates['common']) =>
    wantedAttributes(
      {
        templateNames: [...templateNames, ...(own?.templateNames ?? [])],
        attributes: [...common, ...(own?.attributes ?? [])],
      },
      call,
    );
  return { privateKey: half(request.privateKey), publicKey: half(request.publicKey) };
}

/**
 * Which pair the attributes want.
 *
 * @throws KmsError FIELD_INVALID for one that is not made here
 */
export function kindOf(attributes: readonly Attribute[]): KeyPairKind {
  const algorithm = firstValue('Cryptographic Algorithm', attributes);
  const lengthBits = firstValue('Cryptographic Length', attributes);
  const curve = firstValue('Cryptographic Domain Parameters', attributes)?.recommendedCurve;
  const rsa = algorithm === 'RSA' ? RSA_KINDS[lengthBits ?? 2048] : undefined;
  if (rsa !== undefined) return rsa;
  const isEc = algorithm === 'ECDSA' || algorithm === 'ECDH';
  if (isEc && (lengthBits ?? 256) === 256 && (curve ?? 'P256') === 'P256') return 'ec-p256';
  throw new KmsError('FIELD_INVALID', 'Key pairs are RSA of 1024 to 4096 bits or EC on P-256.');
}

/** The two objects of a fresh pair. */
export function linkedPair(
  pair: KeyPair,
  wanted: { readonly privateKey: readonly Attribute[]; readonly publicKey: readonly Attribute[] },
  call: Call,
): { privateKey: ManagedObject; publicKey: ManagedObject } {
  const isRsa = pair.privateKey.asymmetricKeyType === 'rsa';
  const privateDer = pair.privateKey.export({ format: 'der', type: isRsa ? 'pkcs1' : 'sec1' } as {
    format: 'der';
    type: 'pkcs1';
  });
  const publicDer = pair.publicKey.export({ format: 'der', type: isRsa ? 'pkcs1' : 'spki' });
  const lengthBits = pair.publicKey.asymmetricKeyDetails?.modulusLength ?? 256;
  const half = (type: 'PrivateKey' | 'PublicKey', own: readonly Attribute[], der: Uint8Array): NewObject => {
    const keyFormatType = isRsa ? 'PKCS1' : type === 'PrivateKey' ? 'ECPrivateKey' : 'X509';
    const length = own.some((one) => one.name === 'Cryptographic Length')
      ? []
      : [attribute('Cryptographic Length', lengthBits)];
    const attributes = [...own, ...length, digestAttribute(der, keyFormatType)];
    return {
      type,
      form: { kind: 'key', keyFormatType, isStructure: false },
      material: KeyMaterial.take(der),
      attributes,
    };
  };
  const privateKey = makeObject(half('PrivateKey', wanted.privateKey, privateDer), call);
  const publicKey = makeObject(half('PublicKey', wanted.publicKey, publicDer), call);
  return {
    privateKey: { ...privateKey, attributes: withLink(privateKey.attributes, 'PublicKeyLink', publicKey.id) },
    publicKey: { ...publicKey, attributes: withLink(publicKey.attributes, 'PrivateKeyLink', privateKey.id) },
  };
}
