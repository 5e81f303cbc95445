import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import {
  bytes as byteString,
  decodeTtlv,
  type Item,
  item,
  type KeyCompressionType,
  type KeyFormatType,
  type ObjectType,
  Tag,
} from '@vcryptsim/kmip-lite';
import { KmsError } from '../terms/errors.js';
import { transparentRsaPrivateKey, transparentRsaPublicKey } from './transparent-rsa.js';

type Material = Uint8Array | readonly Item[];

/** How node:crypto calls the DER formats of each half (KMIP 1.1 section 9.1.3.2.3). */
const PRIVATE_DER: Readonly<Partial<Record<KeyFormatType, 'pkcs1' | 'pkcs8' | 'sec1'>>> = {
  PKCS1: 'pkcs1',
  PKCS8: 'pkcs8',
  ECPrivateKey: 'sec1',
};
const PUBLIC_DER: Readonly<Partial<Record<KeyFormatType, 'pkcs1' | 'spki'>>> = { PKCS1: 'pkcs1', X509: 'spki' };

/**
 * A key's material in another format: Raw and transparent for symmetric keys; PKCS#1, PKCS#8, ECPrivateKey, X.509 and
 * transparent RSA for the halves of a pair.
 *
 * @param stored lent; not kept
 * @returns fresh bytes or items, which the caller hands on
 * @throws KmsError KEY_FORMAT_NOT_SUPPORTED
 */
export function inFormat(
  stored: Uint8Array,
  form: { readonly keyFormatType: KeyFormatType; readonly isStructure: boolean },
  wanted: KeyFormatType,
  type: ObjectType,
): Material {
  if (wanted === form.keyFormatType) return form.isStructure ? structureItems(stored) : Uint8Array.from(stored);
  if (type === 'SymmetricKey' && form.keyFormatType === 'Raw' && wanted === 'TransparentSymmetricKey') {
    return [item(Tag.Key, byteString(Uint8Array.from(stored)))];
  }
  if (type === 'SymmetricKey' && form.keyFormatType === 'TransparentSymmetricKey' && wanted === 'Raw') {
    const [key] = structureItems(stored);
    if (key?.tag === Tag.Key && key.type === 'ByteString') return key.bytes;
  }
  if (type === 'PrivateKey') return privateIn(stored, form.keyFormatType, wanted);
  if (type === 'PublicKey') return publicIn(stored, form.keyFormatType, wanted);
  throw unsupported(form.keyFormatType, wanted);
}

/**
 * Refuses a Key Compression Type other than that of an uncompressed EC point (KMIP 1.1 sections 2.1.3 and 9.1.3.2.2),
 * which every key here has; it says nothing of other keys, so it does no harm there.
 *
 * @throws KmsError KEY_COMPRESSION_NOT_SUPPORTED, naming the field and its value
 */
export function refuseCompression(type: KeyCompressionType | undefined): void {
  if (type === undefined || type === 'ECPublicKeyTypeUncompressed') return;
  const message = `Key Compression Type ${type}: EC points are uncompressed here.`;
  throw new KmsError('KEY_COMPRESSION_NOT_SUPPORTED', message);
}

function privateIn(stored: Uint8Array, from: KeyFormatType, wanted: KeyFormatType): Material {
  const [fromDer, toDer] = [PRIVATE_DER[from], PRIVATE_DER[wanted]];
  const key = fromDer && parsed(() => createPrivateKey({ key: Buffer.from(stored), format: 'der', type: fromDer }));
  if (!key) throw unsupported(from, wanted);
  if (toDer === 'pkcs8') return key.export({ format: 'der', type: toDer });
  if (toDer === 'pkcs1' && key.asymmetricKeyType === 'rsa') return key.export({ format: 'der', type: toDer });
  if (toDer === 'sec1' && key.asymmetricKeyType === 'ec') return key.export({ format: 'der', type: toDer });
  if (wanted !== 'TransparentRSAPrivateKey' || key.asymmetricKeyType !== 'rsa') throw unsupported(from, wanted);
  const pkcs1 = key.export({ format: 'der', type: 'pkcs1' });
  try {
    return transparentRsaPrivateKey(pkcs1);
  } finally {
    pkcs1.fill(0);
  }
}

function publicIn(stored: Uint8Array, from: KeyFormatType, wanted: KeyFormatType): Material {
  const [fromDer, toDer] = [PUBLIC_DER[from], PUBLIC_DER[wanted]];
  const key = fromDer && parsed(() => createPublicKey({ key: Buffer.from(stored), format: 'der', type: fromDer }));
  if (!key) throw unsupported(from, wanted);
  if (toDer === 'spki') return key.export({ format: 'der', type: toDer });
  if (key.asymmetricKeyType !== 'rsa') throw unsupported(from, wanted);
  if (toDer === 'pkcs1') return key.export({ format: 'der', type: toDer });
  if (wanted !== 'TransparentRSAPublicKey') throw unsupported(from, wanted);
  // Node 24 cannot write a key as PKCS#1 that it read as PKCS#1.
  return transparentRsaPublicKey(fromDer === 'pkcs1' ? stored : key.export({ format: 'der', type: 'pkcs1' }));
}

function parsed(read: () => KeyObject): KeyObject | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function structureItems(stored: Uint8Array): readonly Item[] {
  const root = decodeTtlv(Uint8Array.from(stored));
  return root.type === 'Structure' ? root.items : [];
}

function unsupported(from: KeyFormatType, wanted: KeyFormatType): KmsError {
  return new KmsError('KEY_FORMAT_NOT_SUPPORTED', `A key in ${from} is not given in ${wanted}.`);
}
