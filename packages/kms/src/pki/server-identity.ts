import { createPublicKey } from 'node:crypto';
import { type LabAuthority, PkiError, readCertificate, verifyPeer } from '@vcryptsim/pki';
import {
  type Clock,
  exists,
  type FileSystem,
  type KeyPair,
  type KeyPairSource,
  type TlsIdentity,
} from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';
import { readCertificates, readPrivateKey, writeCertificates, writePrivateKey } from './pem-files.js';

const DAY_MS = 86_400_000;
const LEAF_DAYS = 825;
/** Certificates begin a little in the past, because a client's clock may be behind. */
const BACKDATED_MS = DAY_MS;
const RENEWED_BEFORE_MS = 30 * DAY_MS;

/** Kinds of key that the server has a certificate for, and how its two files are called. */
const STEMS = { 'rsa-2048': 'server', 'ec-p256': 'server-ec' } as const;

/** A kind of key that the server may show a certificate for. */
export type ServerKeyKind = keyof typeof STEMS;

/** Where a server's identities lie, and what they are made of. */
export interface IdentityOptions {
  readonly folder: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly keyPairs: KeyPairSource;
  readonly authority: LabAuthority;
  /** Names and addresses that the certificate must have. */
  readonly names: readonly string[];
}

/**
 * The server's identity with a key of that kind. A key that was never there is made, and durable before its
 * certificate is issued; the certificate is issued anew, for the same key, when it is missing, nears its end or lacks a
 * name. A certificate without its key means that the key was lost: clients may trust just that certificate.
 *
 * @throws KmsError PKI_INCOMPLETE; PkiError MALFORMED, naming the file; FileError
 */
export async function openIdentity(kind: ServerKeyKind, o: IdentityOptions): Promise<TlsIdentity> {
  const stem = STEMS[kind];
  const keyPair = await openKeyPair(kind, stem, o);
  const path = `${o.folder}/${stem}.pem`;
  const known = (await readCertificates(o.files, path))?.[0];
  if (known && (await isGood(known, keyPair, o))) return { chain: [known], privateKey: keyPair.privateKey };
  const issued = await o.authority.issue({
    subject: 'CN=vcryptsim kms',
    alternativeNames: o.names,
    publicKey: keyPair.publicKey,
    usage: 'server',
    ...leafValidity(o.clock),
  });
  await writeCertificates(o.files, path, [issued]);
  return { chain: [issued], privateKey: keyPair.privateKey };
}

/** How long a certificate that is issued now is good. */
export function leafValidity(clock: Clock): { readonly notBeforeMs: number; readonly notAfterMs: number } {
  return validFor(clock, LEAF_DAYS);
}

/** From a little before now until so many days from now. */
export function validFor(clock: Clock, days: number): { readonly notBeforeMs: number; readonly notAfterMs: number } {
  return { notBeforeMs: clock.nowMs - BACKDATED_MS, notAfterMs: clock.nowMs + days * DAY_MS };
}

const ALL_ANEW =
  'Restore it from a backup. To get new certificates, which every client must trust again, move the folder pki away ' +
  'together with clients and followers.';
const EC_ANEW =
  'Restore it from a backup, or start without --ec. To get a new EC certificate, move server-ec.pem away: clients that ' +
  'trust only that certificate must trust the new one, the others notice nothing.';

/** A file of the server's own was lost. */
export function incomplete(what: string, nextStep = ALL_ANEW): KmsError {
  const why = 'It is not created again, because clients trust the certificates that they know.';
  return new KmsError('PKI_INCOMPLETE', `${what} ${why}`, nextStep);
}

async function openKeyPair(kind: ServerKeyKind, stem: string, o: IdentityOptions): Promise<KeyPair> {
  const path = `${o.folder}/${stem}.key`;
  if (await exists(o.files, path)) {
    const privateKey = await readPrivateKey(o.files, path);
    const curve = privateKey.asymmetricKeyDetails?.namedCurve;
    if (kind === 'ec-p256' && curve !== 'prime256v1') {
      throw new PkiError('MALFORMED', path, 'It is not an EC key on the curve P-256.');
    }
    return { privateKey, publicKey: createPublicKey(privateKey) };
  }
  if (await exists(o.files, `${o.folder}/${stem}.pem`)) {
    const nextStep = kind === 'ec-p256' ? EC_ANEW : ALL_ANEW;
    throw incomplete(`${path} is missing, while ${stem}.pem is there.`, nextStep);
  }
  const keyPair = await o.keyPairs.generate(kind);
  await writePrivateKey(o.files, path, keyPair.privateKey);
  return keyPair;
}

async function isGood(certificate: Uint8Array, keyPair: KeyPair, o: IdentityOptions): Promise<boolean> {
  if (!readCertificate(certificate).x509.checkPrivateKey(keyPair.privateKey)) return false;
  const trust = { pins: [], authorities: [o.authority.certificate] };
  try {
    for (const name of o.names) await verifyPeer([certificate], trust, o.clock.nowMs + RENEWED_BEFORE_MS, name);
    return true;
  } catch (error) {
    if (error instanceof PkiError) return false;
    throw error;
  }
}
