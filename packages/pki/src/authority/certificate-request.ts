import 'reflect-metadata';
import { createPublicKey, type KeyObject, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Clock, KeyPair } from '@vcryptsim/ports';
import { nameExtensions, nameOf, nameText } from '../certificate-fields.js';
import { PkiError } from '../errors.js';
import { signingKeys } from './subject-keys.js';

/**
 * Makes a certificate request (PKCS#10, RFC 2986), signed by the key it is for.
 *
 * @param o.subject RFC 4514 text
 * @param o.alternativeNames as in LabAuthority.issue
 * @returns its DER
 */
export async function createCertificateRequest(o: {
  readonly subject: string;
  readonly alternativeNames?: readonly string[];
  readonly keyPair: KeyPair;
  readonly clock: Clock;
}): Promise<Uint8Array> {
  return o.clock.task('sign a certificate request', async () => {
    const keys = await signingKeys(o.keyPair);
    const request = await x509.Pkcs10CertificateRequestGenerator.create(
      {
        name: nameOf(o.subject),
        keys,
        signingAlgorithm: keys.signingAlgorithm,
        extensions: nameExtensions(o.alternativeNames ?? []),
      },
      webcrypto,
    );
    return new Uint8Array(request.rawData);
  });
}

/**
 * Reads a certificate request and checks that its own key signed it.
 *
 * @throws PkiError MALFORMED
 */
export async function openCertificateRequest(
  der: Uint8Array,
): Promise<{ readonly subject: string; readonly publicKey: KeyObject }> {
  try {
    const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(der));
    const publicKey = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
    if (await request.verify(webcrypto)) return { subject: nameText(request.subjectName), publicKey };
  } catch {
    throw new PkiError('MALFORMED', undefined, `These ${der.length} bytes are not a certificate request.`);
  }
  throw new PkiError('MALFORMED', undefined, 'The request is not signed by the key it is for.');
}
