import type { KeyObject } from 'node:crypto';
import {
  certificateRequestFromPem,
  certificateRequestToPem,
  certificatesFromPem,
  certificateToPem,
  describeCertificate,
  fingerprintSha256,
} from '@vcryptsim/pki';
import {
  exists,
  type FileSystem,
  folderOf,
  type KeyServerName,
  makeFolders,
  type ProviderId,
  readWhole,
  replaceFile,
  type TlsIdentity,
} from '@vcryptsim/ports';
import { VCenterError } from '../terms/errors.js';
import { readKeyEntry, writeKeyEntry } from './key-entry.js';

const CERTIFICATE_LIMIT_BYTES = 64 * 1024;
const PASSWORD_LIMIT_BYTES = 1024;

/** A certificate request that waits for its certificate, with the key that never leaves vCenter. */
export interface ClientRequest {
  /** DER (PKCS#10). */
  readonly request: Uint8Array;
  readonly privateKey: KeyObject;
}

/**
 * vCenter's certificate store, after the real one's name (VMware Endpoint Certificate Store). No KEK is ever here.
 *
 * ```
 * vecs/clients/PROVIDER.pem        the client certificate for that key provider, then its private key (PKCS#8), mode
 *                                  0600. PROVIDER and SERVER are percent-encoded.
 * vecs/requests/PROVIDER.pem       the last certificate request for that provider, then its private key, mode 0600
 * vecs/vmca.pem                    the root certificate of vCenter's own authority, then its private key, mode 0600
 * vecs/passwords/PROVIDER/SERVER   the password for that key server, its UTF-8 bytes and nothing else, mode 0600
 *                                  (the real one's entry is called password-PROVIDER/SERVER)
 * vecs/trusted/SHA256.pem          a key server's certificate that was uploaded as trusted, by its fingerprint;
 *                                  the database names it
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
    const certificates = identity.chain.map(certificateToPem).join('');
    await writeKeyEntry(this.#files, this.#clientPath(providerId), certificates, identity.privateKey);
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
    const identity = await this.#identityAt(
      this.#clientPath(providerId),
      'Generate a new client certificate and let the key servers trust it.',
    );
    if (identity) this.#identities.set(providerId, identity);
    return identity;
  }

  /** Keeps a certificate request for a provider, in place of an earlier one. @throws FileError */
  async putClientRequest(providerId: ProviderId, { request, privateKey }: ClientRequest): Promise<void> {
    await writeKeyEntry(this.#files, this.#requestPath(providerId), certificateRequestToPem(request), privateKey);
  }

  /** The last certificate request for a provider, or null. @throws VCenterError VECS_DAMAGED */
  clientRequest(providerId: ProviderId): Promise<ClientRequest | null> {
    const path = this.#requestPath(providerId);
    return readKeyEntry(
      this.#files,
      path,
      (pem, privateKey) => ({ request: certificateRequestFromPem(pem), privateKey }),
      () => damaged(path, 'Generate a new certificate request and have it signed.'),
    );
  }

  /** Keeps vCenter's own authority. @throws FileError */
  async putAuthority(certificate: Uint8Array, privateKey: KeyObject): Promise<void> {
    await writeKeyEntry(this.#files, this.#authorityPath, certificateToPem(certificate), privateKey);
  }

  /** vCenter's own authority: its root certificate (the only one of the chain) and key, or null. @throws VCenterError VECS_DAMAGED */
  authority(): Promise<TlsIdentity | null> {
    return this.#identityAt(
      this.#authorityPath,
      'Restore it from a backup, or remove it: vCenter makes a new authority, which the key servers then have to trust.',
    );
  }

  /** Keeps the password for a key server (UTF-8), in place of an earlier one. @throws FileError */
  async putPassword(providerId: ProviderId, server: KeyServerName, password: Uint8Array): Promise<void> {
    const path = this.#passwordPath(providerId, server);
    await makeFolders(this.#files, folderOf(path));
    await replaceFile(this.#files, path, password);
  }

  /** The password for a key server, or null when there is none. The caller zeroes it. @throws FileError */
  async password(providerId: ProviderId, server: KeyServerName): Promise<Uint8Array | null> {
    const path = this.#passwordPath(providerId, server);
    return (await exists(this.#files, path)) ? readWhole(this.#files, path, PASSWORD_LIMIT_BYTES) : null;
  }

  /** Takes the password for a key server away, if there is one. @throws FileError */
  async removePassword(providerId: ProviderId, server: KeyServerName): Promise<void> {
    const path = this.#passwordPath(providerId, server);
    if (!(await exists(this.#files, path))) return;
    await this.#files.unlink(path);
    await this.#files.fsyncFolder(folderOf(path));
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
      const pem = new TextDecoder().decode(await readWhole(this.#files, path, CERTIFICATE_LIMIT_BYTES));
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

  #identityAt(path: string, nextStep: string): Promise<TlsIdentity | null> {
    return readKeyEntry(
      this.#files,
      path,
      (pem, privateKey) => ({ chain: certificatesFromPem(pem), privateKey }),
      () => damaged(path, nextStep),
    );
  }

  get #authorityPath(): string {
    return `${this.#folder}/vmca.pem`;
  }

  #clientPath(providerId: ProviderId): string {
    return `${this.#folder}/clients/${fileNameOf(providerId)}.pem`;
  }

  #requestPath(providerId: ProviderId): string {
    return `${this.#folder}/requests/${fileNameOf(providerId)}.pem`;
  }

  #passwordPath(providerId: ProviderId, server: KeyServerName): string {
    return `${this.#folder}/passwords/${fileNameOf(providerId)}/${fileNameOf(server)}`;
  }

  #trustedPath(sha256: string): string {
    return `${this.#folder}/trusted/${sha256}.pem`;
  }
}

/** A provider's or server's name as a file name: percent-encoded, so that two names never share a file. */
export function fileNameOf(name: ProviderId | KeyServerName): string {
  return encodeURIComponent(name).replace(/[.*'()!~]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
}

function damaged(path: string, nextStep: string): VCenterError {
  return new VCenterError({ code: 'VECS_DAMAGED', file: path }, `${path} cannot be read. ${nextStep}`);
}
