import { describeCertificate, fingerprintSha256, PeerVerifier, PkiError } from '@vcryptsim/pki';
import {
  type Clock,
  type Entropy,
  FileError,
  type FileSystem,
  makeFolders,
  type PeerCertificate,
  replaceFile,
} from '@vcryptsim/ports';
import { KmsError } from '../errors.js';
import { readCertificates, writeCertificates } from '../pem-files.js';
import { type ClientName, clientName } from './client-name.js';
import { ClientPassword } from './client-password.js';

/** Name of the file that ends a client's time. */
const REVOKED = 'revoked';

/** A client that may connect. */
export interface RegisteredClient {
  readonly name: ClientName;
  /** DER of the certificates it is registered with; one as a rule, more while a key is being replaced. */
  readonly certificates: readonly Uint8Array[];
  /** Whether it may not connect any more. Its name and its key stay taken, its objects stay. */
  readonly isRevoked: boolean;
}

/**
 * Who may connect: the folder `DIR/clients`, one folder a client, in it `cert.pem` with the client's certificates. A
 * client is known by its certificate's public key; the certificate's own names mean nothing here. An entry counts as
 * soon as its `cert.pem` stands there, so another process may add one while a server runs: a server that meets an
 * unknown key reads the folder again. A file `revoked` beside it ends that.
 */
export class ClientRegistry {
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #authority: Uint8Array;
  #byKey = new Map<string, RegisteredClient>();
  /** Public keys of the registered certificates by fingerprint: to take a key out of a certificate costs half a handshake. */
  #keyOf = new Map<string, string>();
  #clients: readonly RegisteredClient[] = [];
  #verifier: PeerVerifier;

  private constructor(files: FileSystem, folder: string, authority: Uint8Array) {
    this.#files = files;
    this.#folder = folder;
    this.#authority = authority;
    this.#verifier = new PeerVerifier({ pins: [], authorities: [authority] });
  }

  /**
   * Opens the registry in a folder, which is made if need be.
   *
   * @param o.authority DER of the key server's own authority: a certificate that it issued for a registered key is
   *   accepted, the registered certificates are accepted as they are
   * @throws FileError; PkiError MALFORMED for a `cert.pem` that cannot be read
   */
  static async open(o: {
    readonly files: FileSystem;
    readonly folder: string;
    readonly authority: Uint8Array;
  }): Promise<ClientRegistry> {
    await makeFolders(o.files, o.folder);
    const registry = new ClientRegistry(o.files, o.folder, o.authority);
    await registry.refresh();
    return registry;
  }

  /** All clients, by name. */
  get clients(): readonly RegisteredClient[] {
    return this.#clients;
  }

  /** Reads the folder again. */
  async refresh(): Promise<void> {
    const clients: RegisteredClient[] = [];
    for (const entry of await this.#files.readdir(this.#folder)) {
      const certificates = await this.#certificatesOf(entry);
      if (certificates) clients.push({ name: clientName(entry), certificates, isRevoked: await this.isRevoked(entry) });
    }
    this.#clients = clients;
    const described = clients.flatMap((client) =>
      client.certificates.map((der) => ({ client, ...describeCertificate(der) })),
    );
    this.#byKey = new Map(described.map(({ publicKeySha256, client }) => [publicKeySha256, client]));
    this.#keyOf = new Map(described.map((one) => [one.fingerprintSha256, one.publicKeySha256]));
    const pins = clients.flatMap((client) => client.certificates);
    this.#verifier = new PeerVerifier({ pins, authorities: [this.#authority] });
  }

  /**
   * Judges a client that connects: its key must be registered, and its certificate the registered one or one that our
   * own authority issued for that key, in its dates. What it says of its use is not looked at: a real vCenter's own
   * certificate says nothing.
   *
   * @throws KmsError CLIENT_UNKNOWN; PkiError
   */
  async judge(chain: readonly Uint8Array[], clock: Pick<Clock, 'nowMs'>): Promise<PeerCertificate> {
    const [leaf] = chain;
    if (!leaf) throw new PkiError('NO_CERTIFICATE');
    const known = this.#keyOf.get(fingerprintSha256(leaf));
    const publicKeySha256 = known ?? describeCertificate(leaf).publicKeySha256;
    if (!this.#byKey.has(publicKeySha256)) await this.refresh();
    const client = this.#byKey.get(publicKeySha256);
    if (!client) throw unknownClient(leaf);
    // Looked up each time: another process may have revoked it while this one serves.
    if (await this.isRevoked(client.name)) throw new PkiError('REVOKED', describeCertificate(leaf).subject);
    return this.#verifier.verify(chain, clock.nowMs);
  }

  /** The client with that public key (SHA-256 of its SubjectPublicKeyInfo in hex). */
  find(publicKeySha256: string): RegisteredClient | undefined {
    return this.#byKey.get(publicKeySha256);
  }

  /**
   * Says that a name can be given to a new client.
   *
   * @throws KmsError CLIENT_NAME_INVALID, CLIENT_NAME_TAKEN
   */
  async freeName(name: string): Promise<ClientName> {
    const client = clientName(name);
    await this.refresh();
    if (!this.#clients.some((known) => known.name === client)) return client;
    throw new KmsError('CLIENT_NAME_TAKEN', `There is a client ${client} already.`, 'Choose another name.');
  }

  /**
   * Registers a client; it may connect when this resolves.
   *
   * @param certificate DER
   * @throws KmsError CLIENT_NAME_INVALID, CLIENT_NAME_TAKEN, CLIENT_KEY_TAKEN; PkiError MALFORMED; FileError
   */
  async add(name: string, certificate: Uint8Array): Promise<ClientName> {
    const { publicKeySha256 } = describeCertificate(certificate);
    const client = await this.freeName(name);
    const holder = this.#byKey.get(publicKeySha256);
    if (holder) {
      throw new KmsError(
        'CLIENT_KEY_TAKEN',
        `That key is the client ${holder.name}'s.`,
        'Make a new key for this client.',
      );
    }
    await makeFolders(this.#files, `${this.#folder}/${client}`);
    await writeCertificates(this.#files, `${this.#folder}/${client}/cert.pem`, [certificate]);
    await this.refresh();
    return client;
  }

  /**
   * Keeps a client from connecting from now on; connections that exist are not its part. Its objects stay.
   *
   * @throws KmsError CLIENT_UNKNOWN; FileError
   */
  async revoke(name: string): Promise<ClientName> {
    const client = await this.#registered(name);
    await replaceFile(this.#files, this.#revokedPath(client), new Uint8Array(0), 0o644);
    await this.refresh();
    return client;
  }

  /** What a client must show beside its certificate, or null. Read anew each time. @throws KmsError CLIENT_PASSWORD_DAMAGED; FileError */
  passwordOf(client: ClientName): Promise<ClientPassword | null> {
    return ClientPassword.read(this.#files, `${this.#folder}/${client}`);
  }

  /**
   * Sets the user name and password that a client must show from its next connection on.
   *
   * @param o.password UTF-8; the caller zeroes it
   * @throws KmsError CLIENT_UNKNOWN, CLIENT_PASSWORD_INVALID; FileError
   */
  async setPassword(
    name: string,
    o: { readonly username: string; readonly password: Uint8Array; readonly entropy: Entropy },
  ): Promise<ClientName> {
    const client = await this.#registered(name);
    await ClientPassword.write(this.#files, `${this.#folder}/${client}`, o);
    return client;
  }

  async #registered(name: string): Promise<ClientName> {
    const client = clientName(name);
    await this.refresh();
    if (this.#clients.some((known) => known.name === client)) return client;
    throw new KmsError(
      'CLIENT_UNKNOWN',
      `There is no client ${client}.`,
      'See who there is: vcryptsim kms client list',
    );
  }

  #revokedPath(entry: string): string {
    return `${this.#folder}/${entry}/${REVOKED}`;
  }

  /** Whether a name was shut out; looked up on the medium, since another process may have done it. */
  async isRevoked(entry: string): Promise<boolean> {
    // Part of every handshake: a listing that succeeds costs a fraction of a look that fails with an error.
    return (await this.#files.readdir(`${this.#folder}/${entry}`)).includes(REVOKED);
  }

  async #certificatesOf(entry: string): Promise<Uint8Array[] | null> {
    try {
      return await readCertificates(this.#files, `${this.#folder}/${entry}/cert.pem`);
    } catch (error) {
      // A plain file among the folders is no client.
      if (error instanceof FileError && error.code === 'NOT_A_FOLDER') return null;
      throw error;
    }
  }
}

function unknownClient(leaf: Uint8Array): KmsError {
  return new KmsError(
    'CLIENT_UNKNOWN',
    `Nobody registered the certificate ${fingerprintSha256(leaf)}.`,
    'Register it with: vcryptsim kms client add NAME --dir DIR --cert PEM',
  );
}
