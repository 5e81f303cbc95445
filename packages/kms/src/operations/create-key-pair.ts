import { type Attribute, attribute, firstValue, type RecommendedCurve } from '@vcryptsim/kmip-lite';
import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import type { KeyPair, KeyPairKind, NistCurve } from '@vcryptsim/ports';
import { digestAttribute } from '../objects/attributes.js';
import { KeyMaterial } from '../objects/key-material.js';
import type { ManagedObject } from '../objects/managed-object.js';
import { KmsError } from '../terms/errors.js';
import { makeObject, type NewObject, wantedAttributes } from './new-object.js';
import type { Call, OperationContext } from './operation-context.js';
import { withLink } from './re-key.js';
import { refuseOverQuota } from './refuse-over-quota.js';

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

/** The curves that a length alone can mean. */
const PRIME_CURVES: readonly NistCurveName[] = ['P192', 'P224', 'P256', 'P384', 'P521'];

/** Create Key Pair (KMIP 1.1 section 4.2): RSA, or EC on a NIST curve; both halves linked to each other. */
export const createKeyPair: OperationHandler<'CreateKeyPair', OperationContext> = async (request, call) => {
  const { store, events, client } = call.context;
  const wanted = halves(request, call);
  const kind = kindOf(wanted.privateKey);
  const pair = await generatePair(kind, call);
  const { privateKey, publicKey } = linkedPair(pair, kind, wanted, call);
  await store.add(privateKey, publicKey);
  for (const { id } of [privateKey, publicKey]) events.emit({ type: 'KEY_CREATED', keyId: id, client });
  return { privateKeyUniqueIdentifier: privateKey.id, publicKeyUniqueIdentifier: publicKey.id };
};

/** Makes a pair, in its turn among clients. Throws KmsError WORK_EXCEEDED, QUOTA_OBJECTS before anything is made. */
export function generatePair(kind: KeyPairKind, call: Call): Promise<KeyPair> {
  refuseOverQuota(call, 2, 0);
  call.context.work?.spendPair(kind);
  return call.context.keyPairs.generate(kind, call.signal);
}

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
 * Which pair the attributes want. An EC pair is known by its Recommended Curve (KMIP 1.1 section 3.7), by its length, or
 * by both when they agree; P-256 when neither is given.
 *
 * @throws KmsError FIELD_INVALID, naming the field, for one that is not made here
 */
export function kindOf(attributes: readonly Attribute[]): KeyPairKind {
  const algorithm = firstValue('Cryptographic Algorithm', attributes);
  const lengthBits = firstValue('Cryptographic Length', attributes);
  const curve = firstValue('Cryptographic Domain Parameters', attributes)?.recommendedCurve;
  if (algorithm === 'RSA') {
    if (curve !== undefined) throw invalid(`Recommended Curve ${curve} does not go with the algorithm RSA.`);
    const rsa = RSA_KINDS[lengthBits ?? 2048];
    if (rsa !== undefined) return rsa;
    throw invalid(`Cryptographic Length ${lengthBits}: RSA pairs have 1024, 2048, 3072 or 4096 bits.`);
  }
  if (algorithm !== 'ECDSA' && algorithm !== 'ECDH') {
    throw invalid(`Cryptographic Algorithm ${algorithm ?? '(missing)'}: key pairs are RSA, ECDSA or ECDH.`);
  }
  if (curve === undefined) {
    const prime = PRIME_CURVES.find((one) => fieldBits(one) === (lengthBits ?? 256));
    if (prime !== undefined) return ecKind(prime);
    throw invalid(
      `Cryptographic Length ${lengthBits}: no Recommended Curve is given, and no prime curve is that long.`,
    );
  }
  if (!isNist(curve)) throw invalid(`Recommended Curve ${curve}: EC pairs are on the NIST curves.`);
  if (lengthBits !== undefined && lengthBits !== fieldBits(curve)) {
    throw invalid(`Cryptographic Length ${lengthBits} is not that of Recommended Curve ${curve}: ${fieldBits(curve)}.`);
  }
  return ecKind(curve);
}

/** The curves that KMIP names since 1.0. */
type NistCurveName = Extract<RecommendedCurve, Uppercase<NistCurve>>;

function isNist(curve: RecommendedCurve): curve is NistCurveName {
  return /^[BKP]\d+$/.test(curve);
}

/** Bits of a curve's field, which its name says. */
function fieldBits(curve: NistCurveName): number {
  return Number(curve.slice(1));
}

function ecKind(curve: NistCurveName): KeyPairKind {
  return `ec-${curve.toLowerCase() as NistCurve}`;
}

/** The two objects of a fresh pair. */
export function linkedPair(
  pair: KeyPair,
  kind: KeyPairKind,
  wanted: { readonly privateKey: readonly Attribute[]; readonly publicKey: readonly Attribute[] },
  call: Call,
): { privateKey: ManagedObject; publicKey: ManagedObject } {
  const isRsa = pair.privateKey.asymmetricKeyType === 'rsa';
  const privateDer = pair.privateKey.export({ format: 'der', type: isRsa ? 'pkcs1' : 'sec1' } as {
    format: 'der';
    type: 'pkcs1';
  });
  const publicDer = pair.publicKey.export({ format: 'der', type: isRsa ? 'pkcs1' : 'spki' });
  const lengthBits = Number(/\d+$/.exec(kind)?.[0]);
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

function invalid(message: string): KmsError {
  return new KmsError('FIELD_INVALID', message);
}
