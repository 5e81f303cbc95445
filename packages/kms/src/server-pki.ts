import { createPublicKey } from 'node:crypto';
import { LabAuthority, PkiError, readCertificate, verifyPeer } from '@vcryptsim/pki';
import {
  type Clock,
  type Entropy,
  exists,
  FileError,
  type FileSystem,
  folderOf,
  type KeyPair,
  type KeyPairSource,
  makeFolders,
  type TlsIdentity,
} from '@vcryptsim/ports';
import { KmsError } from './errors.js';
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
   * Reads the certificates of a folder. At the very first start they are made, beside the folder, which then appears
   * whole; so a file that is missing later was lost, and is never made anew in silence: clients trust the one they know.
   * The server's certificate is issued anew, for the same key, when it nears its end or lacks one of the wanted names.
   *
   * @throws KmsError PKI_INCOMPLETE; PkiError MALFORMED, naming the file; FileError
   */
  static async open(o: ServerPkiOptions): Promise<ServerPki> {
    if (await isFirstStart(o)) await makeFolder(o);
    const authority = await openAuthority(o);
    const keyPair = await openKeyPair(o);
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

/** Nothing is there, neither certificates nor anything that was made after them. */
async function isFirstStart({ files, folder }: ServerPkiOptions): Promise<boolean> {
  if ((await namesIn(files, folder)).length > 0) return false;
  const home = folderOf(folder);
  const others = await Promise.all(['clients', 'followers', 'store'].map((name) => namesIn(files, `${home}/${name}`)));
  if (others.every((names) => names.length === 0)) return true;
  throw incomplete(`${folder} is missing, while clients or keys are there.`);
}

/** Makes authority and server key in a folder beside, and gives it its name when all of it is durable. */
async function makeFolder(o: ServerPkiOptions): Promise<void> {
  const beside = `${o.folder}.new`;
  await makeFolders(o.files, beside);
  for (const name of await o.files.readdir(beside)) await o.files.unlink(`${beside}/${name}`);
  const validity = validFor(o.clock, AUTHORITY_DAYS);
  const authority = await LabAuthority.create({ ...o, subject: 'CN=vcryptsim kms authority', validity });
  await writePrivateKey(o.files, `${beside}/ca.key`, authority.privateKey);
  await writeCertificates(o.files, `${beside}/ca.pem`, [authority.certificate]);
  const { privateKey } = await o.keyPairs.generate('rsa-2048');
  await writePrivateKey(o.files, `${beside}/server.key`, privateKey);
  await o.files.rename(beside, o.folder);
  await o.files.fsyncFolder(folderOf(o.folder));
}

async function openAuthority(o: ServerPkiOptions): Promise<LabAuthority> {
  const [path, keyPath] = [`${o.folder}/ca.pem`, `${o.folder}/ca.key`];
  const [certificate] = (await readCertificates(o.files, path)) ?? [];
  if (!certificate) throw incomplete(`${path} is missing.`);
  if (!(await exists(o.files, keyPath))) throw incomplete(`${keyPath} is missing.`);
  const privateKey = await readPrivateKey(o.files, keyPath);
  try {
    return LabAuthority.open({ ...o, certificate, privateKey });
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    throw new PkiError(error.code, path, `${error.detail ?? ''} Its private key is in ${keyPath}.`.trim());
  }
}

async function openKeyPair(o: ServerPkiOptions): Promise<KeyPair> {
  const path = `${o.folder}/server.key`;
  if (await exists(o.files, path)) {
    const privateKey = await readPrivateKey(o.files, path);
    return { privateKey, publicKey: createPublicKey(privateKey) };
  }
  if (await exists(o.files, `${o.folder}/server.pem`))
    throw incomplete(`${path} is missing, while server.pem is there.`);
  const keyPair = await o.keyPairs.generate('rsa-2048');
  await writePrivateKey(o.files, path, keyPair.privateKey);
  return keyPair;
}

async function namesIn(files: FileSystem, folder: string): Promise<string[]> {
  try {
    return await files.readdir(folder);
  } catch (error) {
    if (error instanceof FileError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}

function incomplete(what: string): KmsError {
  return new KmsError(
    'PKI_INCOMPLETE',
    `${what} It is not created again, because clients trust the certificates that they know.`,
    'Restore it from a backup. To get new certificates, which every client must trust again, move the folder pki away ' +
      'together with clients and followers.',
  );
}

async function isGood(
  certificate: Uint8Array,
  names: readonly string[],
  authority: LabAuthority,
  keyPair: KeyPair,
  nowMs: number,
): Promise<boolean> {
  if (!readCertificate(certificate).x509.checkPrivateKey(keyPair.privateKey)) return false;
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
