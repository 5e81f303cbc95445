import { createPublicKey, X509Certificate } from 'node:crypto';
import { LabAuthority, PkiError, verifyPeer } from '@vcryptsim/pki';
import {
  type Clock,
  type Entropy,
  exists,
  type FileSystem,
  type KeyPair,
  type KeyPairSource,
  makeFolders,
  type TlsIdentity,
} from '@vcryptsim/ports';
import { readCertificates, readPrivateKey, writeCertificates, writePrivateKey } from './pem-files.js';

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
const LEAF_DAYS = 825;
/** Certificates begin a little in the past, because a client's clock may be behind. */
const BACKDATED_MS = DAY_MS;
const RENEWED_BEFORE_MS = 30 * DAY_MS;

/** What the key server's own certificates need of the world. */
export interface ServerPkiOptions {
  /** `DIR/pki`; made at the first start. */
  readonly folder: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly keyPairs: KeyPairSource;
  /** Names and addresses by which clients call the server, beside localhost and 127.0.0.1. */
  readonly alternativeNames?: readonly string[];
}

/**
 * The key server's own authority and identity, in `ca.pem`, `ca.key`, `server.pem`, `server.key`. The server's key is
 * RSA, so that clients which know the key exchange by RSA only can connect (design.md section 8). The authority also
 * issues client certificates; it makes nobody known: that is the registry's part.
 */
export class ServerPki {
  private constructor(
    readonly authority: LabAuthority,
    readonly identity: TlsIdentity,
    private readonly keyPairs: KeyPairSource,
    private readonly clock: Clock,
  ) {}

  /**
   * Reads the certificates of a folder and makes what is missing. The server's certificate is issued anew, for the same
   * key, when it nears its end or lacks one of the wanted names.
   *
   * @throws PkiError MALFORMED, naming the file; FileError
   */
  static async open(o: ServerPkiOptions): Promise<ServerPki> {
    await makeFolders(o.files, o.folder);
    const authority = await openAuthority(o);
    const keyPair = await openKeyPair(o, 'server');
    const path = `${o.folder}/server.pem`;
    const names = ['localhost', '127.0.0.1', ...(o.alternativeNames ?? [])];
    let certificate = (await readCertificates(o.files, path))?.[0];
    if (!certificate || !(await isGood(certificate, names, authority, keyPair, o.clock.nowMs))) {
      const validity = validFor(o.clock, LEAF_DAYS);
      const subject = 'CN=vcryptsim kms';
      const { publicKey } = keyPair;
      certificate = await authority.issue({
        subject,
        alternativeNames: names,
        publicKey,
        usage: 'server',
        ...validity,
      });
      await writeCertificates(o.files, path, [certificate]);
    }
    const identity = { chain: [certificate], privateKey: keyPair.privateKey };
    return new ServerPki(authority, identity, o.keyPairs, o.clock);
  }

  /**
   * Issues a client certificate for the key of a certificate request.
   *
   * @param request DER
   * @throws PkiError MALFORMED
   */
  signRequest(request: Uint8Array): Promise<Uint8Array> {
    return this.authority.signRequest(request, { usage: 'client', ...validFor(this.clock, LEAF_DAYS) });
  }

  /** Makes a client certificate for a key pair, which is made too if none is given. */
  async issueClient(name: string, given?: KeyPair): Promise<TlsIdentity> {
    const keyPair = given ?? (await this.keyPairs.generate('rsa-2048'));
    return this.authority.issueIdentity({
      subject: `CN=${name}`,
      usage: 'client',
      keyPair,
      ...validFor(this.clock, LEAF_DAYS),
    });
  }
}

async function openAuthority(o: ServerPkiOptions): Promise<LabAuthority> {
  const [path, keyPath] = [`${o.folder}/ca.pem`, `${o.folder}/ca.key`];
  // The certificate is written last: where it stands, the key does too.
  const [certificate] = (await readCertificates(o.files, path)) ?? [];
  if (certificate) return LabAuthority.open({ ...o, certificate, privateKey: await readPrivateKey(o.files, keyPath) });
  const validity = validFor(o.clock, AUTHORITY_DAYS);
  const authority = await LabAuthority.create({ ...o, subject: 'CN=vcryptsim kms authority', validity });
  await writePrivateKey(o.files, keyPath, authority.privateKey);
  await writeCertificates(o.files, path, [authority.certificate]);
  return authority;
}

async function openKeyPair(o: ServerPkiOptions, name: string): Promise<KeyPair> {
  const path = `${o.folder}/${name}.key`;
  if (await exists(o.files, path)) {
    const privateKey = await readPrivateKey(o.files, path);
    return { privateKey, publicKey: createPublicKey(privateKey) };
  }
  const keyPair = await o.keyPairs.generate('rsa-2048');
  await writePrivateKey(o.files, path, keyPair.privateKey);
  return keyPair;
}

async function isGood(
  certificate: Uint8Array,
  names: readonly string[],
  authority: LabAuthority,
  keyPair: KeyPair,
  nowMs: number,
): Promise<boolean> {
  if (!new X509Certificate(certificate).checkPrivateKey(keyPair.privateKey)) return false;
  const trust = { pins: [], authorities: [authority.certificate] };
  try {
    for (const name of names) await verifyPeer([certificate], trust, nowMs + RENEWED_BEFORE_MS, name);
    return true;
  } catch (error) {
    if (error instanceof PkiError) return false;
    throw error;
  }
}

function validFor(clock: Clock, days: number): { readonly notBeforeMs: number; readonly notAfterMs: number } {
  return { notBeforeMs: clock.nowMs - BACKDATED_MS, notAfterMs: clock.nowMs + days * DAY_MS };
}
