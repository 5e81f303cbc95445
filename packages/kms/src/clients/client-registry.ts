import { X509Certificate } from 'node:crypto';
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
/** Name of the file with a client's own authority. */
const AUTHORITY = 'authority.pem';
/** Keys that are remembered as vouched for; one that was forgotten is judged again when it connects. */
const VOUCHED_MAX = 1024;

/** A client that may connect. */
export interface RegisteredClient {
  readonly name: ClientName;
  /** DER of the certificates it is registered with; one as a rule, more while a key is being replaced. */
  readonly certificates: readonly Uint8Array[];
  /** DER of an authority of the client's own (vCenter's root): whoever it signs for is this client. */
  readonly authority: Uint8Array | null;
  /** Whether it may not connect any more. Its name and its key stay taken, its objects stay. */
  readonly isRevoked: boolean;
}

/**
 * Who may connect: the folder `DIR/clients`, one folder a client, in it `cert.pem` with the client's certificates. A
 * client is known by its certificate's public key; the certificate's own names mean nothing here. An entry counts as
 * soon as its `cert.pem` stands there, so another process may add one while a server runs: a server that meets an
 * unknown key reads the folder again. A file `revoked` beside it ends that.
 *
 * In place of `cert.pem` an `authority.pem` may stand: the root of an authority that belongs to the client alone, as a
 * vCenter's own (the first of its four ways of trust, facts/kmip.md part 2). All certificates that it signs are the
 * client's, so they may change without the key server being told.
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
  /** Clients by their own authority. */
  #byAuthority: readonly { readonly client: RegisteredClient; readonly verifier: PeerVerifier }[] = [];
  /** Keys that clients' authorities vouched for, newest last. */
  readonly #vouched = new Map<string, ClientName>();

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
      const certificates = await this.#certificatesOf(entry, 'cert.pem');
      const [authority = null] = (await this.#certificatesOf(entry, AUTHORITY)) ?? [];
      if (!certificates && !authority) continue;
      const isRevoked = await this.isRevoked(entry);
      clients.push({ name: clientName(entry), certificates: certificates ?? [], authority, isRevoked });
    }
    this.#clients = clients;
    const described = clients.flatMap((client) =>
      client.certificates.map((der) => ({ client, ...describeCertificate(der) })),
    );
    this.#byKey = new Map(described.map(({ publicKeySha256, client }) => [publicKeySha256, client]));
    this.#keyOf = new Map(described.map((one) => [one.fingerprintSha256, one.publicKeySha256]));
    const pins = clients.flatMap((client) => client.certificates);
    this.#verifier = new PeerVerifier({ pins, authorities: [this.#authority] });
    this.#byAuthority = clients.flatMap((client) =>
      client.authority ? [{ client, verifier: new PeerVerifier({ pins: [], authorities: [client.authority] }) }] : [],
    );
  }

  /**
   * Judges a client that connects: its key must be registered, and its certificate the registered one or one that our
   * own authority issued for that key, in its dates. What it says of its use is not looked at: a real vCenter's own
   * certificate says nothing. A key that nobody registered may belong to a client whose own authority vouches for it.
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
    if (!client) return this.#judgeByAuthority(chain, publicKeySha256, clock.nowMs);
    // Looked up each time: another process may have revoked it while this one serves.
    if (await this.isRevoked(client.name)) throw new PkiError('REVOKED', describeCertificate(leaf).subject);
    return this.#verifier.verify(chain, clock.nowMs);
  }

  /** The client with that public key (SHA-256 of its SubjectPublicKeyInfo in hex). */
  find(publicKeySha256: string): RegisteredClient | undefined {
    const vouched = this.#vouched.get(publicKeySha256);
    return this.#byKey.get(publicKeySha256) ?? this.#clients.find(({ name }) => name === vouched);
  }

  async #judgeByAuthority(
    chain: readonly Uint8Array[],
    publicKeySha256: string,
    nowMs: number,
  ): Promise<PeerCertificate> {
    for (const { client, verifier } of this.#byAuthority) {
      const peer = vouchedPeer(verifier, chain, nowMs);
      if (!peer) continue;
      if (await this.isRevoked(client.name)) throw new PkiError('REVOKED', peer.subject);
      this.#vouched.delete(publicKeySha256);
      this.#vouched.set(publicKeySha256, client.name);
      const [oldest] = this.#vouched.keys();
      if (this.#vouched.size > VOUCHED_MAX && oldest !== undefined) this.#vouched.delete(oldest);
      return peer;
    }
    const [leaf] = chain;
    throw leaf ? unknownClient(leaf) : new PkiError('NO_CERTIFICATE');
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
   * Registers a client by an authority of its own; whoever shows a certificate of it may connect as this client.
   *
   * @param authority DER of a certificate that may sign others
   * @throws KmsError CLIENT_NAME_INVALID, CLIENT_NAME_TAKEN, CLIENT_CERTIFICATE_INVALID; PkiError MALFORMED; FileError
   */
  async addAuthority(name: string, authority: Uint8Array): Promise<ClientName> {
    const client = await this.freeName(name);
    if (!new X509Certificate(authority).ca) {
      throw new KmsError(
        'CLIENT_CERTIFICATE_INVALID',
        'That certificate is no authority: it may not sign others.',
        'Register a certificate of the client itself with --cert.',
      );
    }
    await makeFolders(this.#files, `${this.#folder}/${client}`);
    await writeCertificates(this.#files, `${this.#folder}/${client}/${AUTHORITY}`, [authority]);
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

  async #certificatesOf(entry: string, file: string): Promise<Uint8Array[] | null> {
    try {
      return await readCertificates(this.#files, `${this.#folder}/${entry}/${file}`);
    } catch (error) {
      // A plain file among the folders is no client.
      if (error instanceof FileError && error.code === 'NOT_A_FOLDER') return null;
      throw error;
    }
  }
}

function vouchedPeer(verifier: PeerVerifier, chain: readonly Uint8Array[], nowMs: number): PeerCertificate | null {
  try {
    return verifier.verify(chain, nowMs);
  } catch (error) {
    if (error instanceof PkiError && error.code === 'UNKNOWN_ISSUER') return null;
    throw error;
  }
}

function unknownClient(leaf: Uint8Array): KmsError {
  return new KmsError(
    'CLIENT_UNKNOWN',
    `Nobody registered the certificate ${fingerprintSha256(leaf)}.`,
    'Register it with: vcryptsim kms client add NAME --dir DIR --cert PEM',
  );
}
