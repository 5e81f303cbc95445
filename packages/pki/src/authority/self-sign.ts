import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Clock, Entropy, KeyPair, TlsIdentity } from '@vcryptsim/ports';
import {
  type CertificateUsage,
  drawSerialNumber,
  nameExtensions,
  nameOf,
  usageExtensions,
  type Validity,
  validityDates,
} from '../certificate-fields.js';
import { signingKeys } from './subject-keys.js';

/**
 * Makes an identity whose certificate signs itself; whoever is to accept it pins it. Without `usage` it has no extended
 * key usage, as vCenter's own client certificate has none (facts/kmip.md part 2).
 *
 * @param o.subject RFC 4514 text, for example `CN=kmipClient20261122020000`
 */
export async function selfSign(
  o: Validity & {
    readonly subject: string;
    readonly alternativeNames?: readonly string[];
    readonly usage?: CertificateUsage;
    readonly keyPair: KeyPair;
    readonly entropy: Entropy;
    readonly clock: Clock;
  },
): Promise<TlsIdentity> {
  const serialNumber = drawSerialNumber(o.entropy);
  const certificate = await o.clock.task('sign a certificate', async () => {
    const keys = await signingKeys(o.keyPair);
    const signed = await x509.X509CertificateGenerator.create(
      {
        serialNumber,
        subject: nameOf(o.subject),
        issuer: nameOf(o.subject),
        ...validityDates(o),
        publicKey: keys.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: keys.signingAlgorithm,
        extensions: [...usageExtensions(o.usage), ...nameExtensions(o.alternativeNames ?? [])],
      },
      webcrypto,
    );
    return new Uint8Array(signed.rawData);
  });
  return { chain: [certificate], privateKey: o.keyPair.privateKey };
}
