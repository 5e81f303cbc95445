import { LabAuthority, PkiError } from '@vcryptsim/pki';
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
import { readCertificates, readPrivateKey, writeCertificates, writePrivateKey } from './pem-files.js';
import { incomplete, leafValidity, openIdentity, validFor } from './server-identity.js';

const AUTHORITY_DAYS = 3650;

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
  /** Whether there is an EC certificate beside the RSA one; made when it was never there. Default false. */
  readonly withEc?: boolean;
}

/**
 * The key server's own authority and identity, in `ca.pem`, `ca.key`, `server.pem`, `server.key`. The server's key is
 * RSA, so that clients which know the key exchange by RSA only can connect (design.md section 8). On request there is a
 * second identity of an EC key in `server-ec.pem`, `server-ec.key`: OpenSSL shows it to clients that can verify it, which
 * costs the server less. It is no default, since a client may trust just the certificate that it met (docs/decisions/0014).
 * The authority also issues client certificates; it makes nobody known: that is the registry's part.
 */
export class ServerPki {
  private constructor(
    readonly authority: LabAuthority,
    /** The RSA one, which every client can use. */
    readonly identity: TlsIdentity,
    /** What clients are shown, each according to what it can: the RSA one, and the EC one where that was asked for. */
    readonly identities: readonly TlsIdentity[],
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
    const names = ['localhost', '127.0.0.1', ...(o.alternativeNames ?? [])];
    const place = { ...o, authority, names };
    const identity = await openIdentity('rsa-2048', place);
    const identities = o.withEc ? [identity, await openIdentity('ec-p256', place)] : [identity];
    return new ServerPki(authority, identity, identities, o.keyPairs, o.clock);
  }

  /**
   * Issues a client certificate for the key of a certificate request.
   *
   * @param request DER
   * @throws PkiError MALFORMED
   */
  signRequest(request: Uint8Array): Promise<Uint8Array> {
    return this.authority.signRequest(request, { usage: 'client', ...leafValidity(this.clock) });
  }

  /** Makes a client certificate for a key pair, which is made too if none is given. */
  async issueClient(name: string, given?: KeyPair): Promise<TlsIdentity> {
    const keyPair = given ?? (await this.keyPairs.generate('rsa-2048'));
    return this.authority.issueIdentity({
      subject: `CN=${name}`,
      usage: 'client',
      keyPair,
      ...leafValidity(this.clock),
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

async function namesIn(files: FileSystem, folder: string): Promise<string[]> {
  try {
    return await files.readdir(folder);
  } catch (error) {
    if (error instanceof FileError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}
