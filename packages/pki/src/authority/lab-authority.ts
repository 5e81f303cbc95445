import { type KeyObject, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { assert, type Clock, type Entropy, type KeyPair, type KeyPairSource, type TlsIdentity } from '@vcryptsim/ports';
import { readCertificate } from '../certificate/certificate.js';
import {
  authorityExtensions,
  type CertificateUsage,
  drawSerialNumber,
  leafExtensions,
  nameExtensions,
  nameOf,
  usageExtensions,
  type Validity,
  validityDates,
} from '../certificate-fields.js';
import { PkiError } from '../errors.js';
import { openCertificateRequest } from './certificate-request.js';
import { signingKeys, subjectKey } from './subject-keys.js';

/** What an authority needs of the world. Signing runs on other threads and is wrapped in `clock.task` here. */
export interface AuthorityPorts {
  readonly entropy: Entropy;
  readonly clock: Clock;
}

/** What to write into a certificate. */
export interface IssueOptions extends Validity {
  /** RFC 4514 text, for example `CN=kms-a,O=vcryptsim lab`. */
  readonly subject: string;
  /** `dns:NAME`, `ip:ADDRESS`, `uri:URI`; a bare name or address will do. */
  readonly alternativeNames?: readonly string[];
  readonly publicKey: KeyObject;
  /** Becomes the extended key usage; without it the certificate has none. */
  readonly usage?: CertificateUsage;
}

/** A certificate authority for a lab: one key, no CRL, no policy. It signs leaves only. */
export class LabAuthority {
  readonly #keys: KeyPair;
  readonly #ports: AuthorityPorts;

  private constructor(
    /** DER of the authority's own certificate. */
    readonly certificate: Uint8Array,
    keys: KeyPair,
    ports: AuthorityPorts,
  ) {
    this.#keys = keys;
    this.#ports = ports;
  }

  /**
   * Makes an authority with a fresh RSA key and a certificate that signs itself.
   *
   * @param o.subject RFC 4514 text
   */
  static async create(
    o: AuthorityPorts & { readonly keyPairs: KeyPairSource; readonly subject: string; readonly validity: Validity },
  ): Promise<LabAuthority> {
    const pair = await o.keyPairs.generate('rsa-2048');
    const certificate = await o.clock.task('sign an authority certificate', async () => {
      const keys = await signingKeys(pair);
      const signed = await x509.X509CertificateGenerator.create(
        {
          serialNumber: drawSerialNumber(o.entropy),
          subject: nameOf(o.subject),
          issuer: nameOf(o.subject),
          ...validityDates(o.validity),
          publicKey: keys.publicKey,
          signingKey: keys.privateKey,
          signingAlgorithm: keys.signingAlgorithm,
          extensions: [
            ...authorityExtensions(),
            await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
          ],
        },
        webcrypto,
      );
      return new Uint8Array(signed.rawData);
    });
    return new LabAuthority(certificate, pair, o);
  }

  /**
   * Takes up an authority that was made earlier, from its certificate and private key.
   *
   * @throws PkiError MALFORMED when the certificate cannot be read, is no authority's, or the key is not its own
   */
  static open(o: AuthorityPorts & { readonly certificate: Uint8Array; readonly privateKey: KeyObject }): LabAuthority {
    const { subject, x509: parsed, publicKey } = readCertificate(o.certificate);
    if (!parsed.ca) throw new PkiError('MALFORMED', subject, 'It is not an authority.');
    if (!parsed.checkPrivateKey(o.privateKey))
      throw new PkiError('MALFORMED', subject, 'The private key is not its own.');
    return new LabAuthority(o.certificate, { privateKey: o.privateKey, publicKey }, o);
  }

  /** The authority's private key, to keep it in a file. */
  get privateKey(): KeyObject {
    return this.#keys.privateKey;
  }

  /** Issues a certificate. Answers its DER. */
  async issue(o: IssueOptions): Promise<Uint8Array> {
    assert(o.notAfterMs > o.notBeforeMs, 'a certificate ends after it begins');
    const serialNumber = drawSerialNumber(this.#ports.entropy);
    return this.#ports.clock.task('sign a certificate', async () => {
      const authority = await signingKeys(this.#keys);
      const publicKey = await subjectKey(o.publicKey);
      const signed = await x509.X509CertificateGenerator.create(
        {
          serialNumber,
          subject: nameOf(o.subject),
          issuer: new x509.X509Certificate(this.certificate).subjectName,
          ...validityDates(o),
          publicKey,
          signingKey: authority.privateKey,
          signingAlgorithm: authority.signingAlgorithm,
          extensions: [
            ...leafExtensions(),
            ...usageExtensions(o.usage),
            ...nameExtensions(o.alternativeNames ?? []),
            await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
            await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey, false, webcrypto),
          ],
        },
        webcrypto,
      );
      return new Uint8Array(signed.rawData);
    });
  }

  /** Issues a certificate for a key pair and joins them to an identity that sends no issuer along. */
  async issueIdentity(o: Omit<IssueOptions, 'publicKey'> & { readonly keyPair: KeyPair }): Promise<TlsIdentity> {
    const { keyPair, ...rest } = o;
    const certificate = await this.issue({ ...rest, publicKey: keyPair.publicKey });
    return { chain: [certificate], privateKey: keyPair.privateKey };
  }

  /**
   * Signs a certificate request (PKCS#10): its subject and its key, with validity and usage of our choosing. What else
   * the request asks for is not granted.
   *
   * @param request DER
   * @returns DER of the certificate
   * @throws PkiError MALFORMED when the request cannot be read or is not signed by its own key
   */
  async signRequest(request: Uint8Array, o: Validity & { readonly usage?: CertificateUsage }): Promise<Uint8Array> {
    const { subject, publicKey } = await this.#ports.clock.task('check a request', () =>
      openCertificateRequest(request),
    );
    return this.issue({ ...o, subject, publicKey });
  }
}
