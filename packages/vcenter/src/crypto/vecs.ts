import {
  certificatesFromPem,
  certificateToPem,
  describeCertificate,
  fingerprintSha256,
  privateKeyFromPem,
  privateKeyToPem,
} from '@vcryptsim/pki';
import {
  exists,
  type FileSystem,
  makeFolders,
  type ProviderId,
  readWhole,
  replaceFile,
  type TlsIdentity,
} from '@vcryptsim/ports';
import { VCenterError } from '../errors.js';

const ENTRY_LIMIT_BYTES = 64 * 1024;
const PRIVATE_KEY_BEGIN = new TextEncoder().encode('-----BEGIN PRIVATE KEY-----');

/**
 * vCenter's certificate store, after the real one's name (VMware Endpoint Certificate Store). No KEK is ever here.
 *
 * ```
 * vecs/clients/PROVIDER.pem   the client certificate for that key provider, then its private key (PKCS#8), mode 0600;
 *                             one file, so that no cut can part the two. PROVIDER is percent-encoded.
 * vecs/trusted/SHA256.pem     a key server's certificate that was uploaded as trusted, by its fingerprint;
 *                             the database names it.
 * ```
 */
export class Vecs {
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #identities = new Map<ProviderId, TlsIdentity>();
  readonly #trusted = new Map<string, Uint8Array>();

  /** @param folder absolute path of the store; folders are made when they are needed */
  constructor(files: FileSystem, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /** Keeps the client identity for a provider, in place of an earlier one. @throws FileError */
  async putClientIdentity(providerId: ProviderId, identity: TlsIdentity): Promise<void> {
    const certificates = new TextEncoder().encode(identity.chain.map(certificateToPem).join(''));
    const privateKey = privateKeyToPem(identity.privateKey);
    const entry = new Uint8Array(certificates.length + privateKey.length);
    entry.set(certificates);
    entry.set(privateKey, certificates.length);
    try {
      await makeFolders(this.#files, `${this.#folder}/clients`);
      await replaceFile(this.#files, this.#clientPath(providerId), entry);
    } finally {
      privateKey.fill(0);
      entry.fill(0);
    }
    this.#identities.set(providerId, identity);
  }

  /**
   * The client identity for a provider, or null when none was made.
   *
   * @throws VCenterError VECS_DAMAGED when the entry is there and cannot be read
   */
  async clientIdentity(providerId: ProviderId): Promise<TlsIdentity | null> {
    const known = this.#identities.get(providerId);
    if (known) return known;
    const path = this.#clientPath(providerId);
    if (!(await exists(this.#files, path))) return null;
    const entry = await readWhole(this.#files, path, ENTRY_LIMIT_BYTES);
    try {
      const keyAt = indexOf(entry, PRIVATE_KEY_BEGIN);
      // Only the certificates become a string; the key stays in a buffer that can be zeroed.
      const chain = certificatesFromPem(new TextDecoder().decode(entry.subarray(0, keyAt)));
      const identity = { chain, privateKey: privateKeyFromPem(entry.subarray(keyAt)) };
      this.#identities.set(providerId, identity);
      return identity;
    } catch {
      throw damaged(path, 'Generate a new client certificate and let the key servers trust it.');
    } finally {
      entry.fill(0);
    }
  }

  /** Keeps a server certificate as trusted; answers its SHA-256 in lower-case hex. @throws PkiError MALFORMED, FileError */
  async putTrusted(certificate: Uint8Array): Promise<string> {
    const sha256 = describeCertificate(certificate).fingerprintSha256;
    await makeFolders(this.#files, `${this.#folder}/trusted`);
    const pem = new TextEncoder().encode(certificateToPem(certificate));
    await replaceFile(this.#files, this.#trustedPath(sha256), pem);
    return sha256;
  }

  /** DER of a trusted server certificate. @throws VCenterError VECS_DAMAGED */
  async trusted(sha256: string): Promise<Uint8Array> {
    const known = this.#trusted.get(sha256);
    if (known) return known;
    const path = this.#trustedPath(sha256);
    try {
      const pem = new TextDecoder().decode(await readWhole(this.#files, path, ENTRY_LIMIT_BYTES));
      const certificate = certificatesFromPem(pem)[0];
      if (certificate && fingerprintSha256(certificate) === sha256) {
        this.#trusted.set(sha256, certificate);
        return certificate;
      }
    } catch {
      // told below, in one sentence for every way of being unreadable
    }
    throw damaged(path, "Retrieve the key server's certificate again and upload it as trusted.");
  }

  #clientPath(providerId: ProviderId): string {
    return `${this.#folder}/clients/${fileNameOf(providerId)}.pem`;
  }

  #trustedPath(sha256: string): string {
    return `${this.#folder}/trusted/${sha256}.pem`;
  }
}

/** A provider's name as a file name: percent-encoded, so that two names never share a file. */
export function fileNameOf(providerId: ProviderId): string {
  return encodeURIComponent(providerId).replace(/[.*'()!~]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
}

function damaged(path: string, nextStep: string): VCenterError {
  return new VCenterError({ code: 'VECS_DAMAGED', file: path }, `${path} cannot be read. ${nextStep}`);
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = 0; at + wanted.length <= bytes.length; at++) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return bytes.length;
}
