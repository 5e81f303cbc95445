import { describeCertificate, fingerprintSha256, PeerVerifier, PkiError } from '@vcryptsim/pki';
import { assert, type Clock, FileError, type FileSystem, type PeerCertificate } from '@vcryptsim/ports';
import { readCertificates } from '../pki/pem-files.js';
import { type ClientName, clientName, isClientName } from '../terms/client-name.js';
import { KmsError } from '../terms/errors.js';
import { AuthorityIndex } from './authority-index.js';
import { ClientPassword } from './client-password.js';
import type { RegisteredClient } from './registered-client.js';
import { troubleOfOneClient } from './unreadable-files.js';

/** Name of the file that ends a client's time. */
const REVOKED = 'revoked';
/** Name of the file with a client's own authority. */
const AUTHORITY = 'authority.pem';
/** Keys that are remembered as vouched for; one that was forgotten is judged again when it connects. */
const VOUCHED_MAX = 1024;
/** How often at most an unknown certificate has every client's files read again. */
const READ_ALL_MS = 60_000;

/**
 * Who may connect: the folder `DIR/clients`, one folder a client, in it `cert.pem` with the client's certificates. A
 * client is known by its certificate's public key; the certificate's own names mean nothing here. A file `revoked`
 * beside it ends that. Changes are the registrar's part (registrar.ts).
 *
 * In place of `cert.pem` an `authority.pem` may stand: the root of an authority that belongs to the client alone, as a
 * vCenter's own (the first of its four ways of trust, facts/kmip.md part 2). All certificates that it signs are the
 * client's, so they may change without the key server being told.
 *
 * Another process may add a client while a server runs: one that meets an unknown certificate looks for new folders,
 * and at most once a minute reads those it knows again. So a stranger costs the same however many clients there are.
 *
 * A client whose files cannot be read whole keeps its name, is refused, and is told of in {@link troubles}; the others are
 * served. Its files are looked at again with the new folders, so it is served as soon as they are mended.
 */
export class ClientRegistry {
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #authority: Uint8Array;
  /** By folder, null for one without a certificate. */
  #entries = new Map<string, RegisteredClient | null>();
  #byKey = new Map<string, RegisteredClient>();
  /** By folder, why its files cannot be read. */
  readonly #troubles = new Map<string, string>();
  /** Public keys of the registered certificates by fingerprint: to take a key out of a certificate costs half a handshake. */
  #keyOf = new Map<string, string>();
  #byAuthority = new AuthorityIndex([]);
  /** One for each client that connected: its own certificates, and those that our authority made for its key. */
  #verifiers = new Map<RegisteredClient, PeerVerifier>();
  /** Keys that clients' authorities vouched for, newest last. */
  readonly #vouched = new Map<string, ClientName>();
  #allReadMs = Number.NEGATIVE_INFINITY;
  /** The folder is read by one at a time, so that no older finding takes the place of a newer one. */
  #reading: Promise<unknown> = Promise.resolve();
  #nextLook: Promise<void> | null = null;

  private constructor(files: FileSystem, folder: string, authority: Uint8Array) {
    this.#files = files;
    this.#folder = folder;
    this.#authority = authority;
  }

  /**
   * Opens the registry in a folder; where none stands there is nobody.
   *
   * @param o.authority DER of the key server's own authority: a certificate that it issued for a registered key is
   *   accepted, the registered certificates are accepted as they are
   * @throws FileError
   */
  static async open(o: {
    readonly files: FileSystem;
    readonly folder: string;
    readonly authority: Uint8Array;
  }): Promise<ClientRegistry> {
    const registry = new ClientRegistry(o.files, o.folder, o.authority);
    await registry.refresh();
    return registry;
  }

  /** All clients, by name. */
  get clients(): readonly RegisteredClient[] {
    return [...this.#entries.values()].flatMap((client) => client ?? []);
  }

  /** Clients whose files cannot be read, and folders whose names no client can have: a sentence each, with the file. */
  get troubles(): readonly string[] {
    return [...this.#troubles.values()];
  }

  /** Reads the folder again, every client's files too. Throws FileError. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#readAll());
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
    const publicKeySha256 = this.#keyOf.get(fingerprintSha256(leaf)) ?? describeCertificate(leaf).publicKeySha256;
    const peer =
      (await this.#judgeKnown(chain, publicKeySha256, clock.nowMs)) ??
      (await this.#lookAgain(clock.nowMs).then(() => this.#judgeKnown(chain, publicKeySha256, clock.nowMs)));
    if (peer) return peer;
    throw new KmsError(
      'CLIENT_UNKNOWN',
      `There is no client with the certificate ${fingerprintSha256(leaf)}.`,
      'Register it with: vcryptsim kms client add NAME --dir DIR --cert PEM',
    );
  }

  /** The client with that public key (SHA-256 of its SubjectPublicKeyInfo in hex). */
  find(publicKeySha256: string): RegisteredClient | undefined {
    const registered = this.#byKey.get(publicKeySha256);
    if (registered) return registered;
    const vouched = this.#vouched.get(publicKeySha256);
    return (vouched === undefined ? null : this.#entries.get(vouched)) ?? undefined;
  }

  /**
   * Says that a name can be given to a new client.
   *
   * @throws KmsError CLIENT_NAME_INVALID, CLIENT_NAME_TAKEN
   */
  async freeName(name: string): Promise<ClientName> {
    const client = clientName(name);
    await this.refresh();
    if (!this.#entries.get(client)) return client;
    throw nameTaken(client);
  }

  /**
   * Says that a client can be registered by that certificate, or is so already.
   *
   * @param certificate DER
   * @throws KmsError CLIENT_NAME_INVALID, CLIENT_NAME_TAKEN, CLIENT_KEY_TAKEN; PkiError MALFORMED; FileError
   */
  async admitCertificate(
    name: string,
    certificate: Uint8Array,
  ): Promise<{ readonly name: ClientName; readonly isThere: boolean }> {
    const { publicKeySha256 } = describeCertificate(certificate);
    const client = clientName(name);
    await this.refresh();
    const known = this.#entries.get(client);
    const holder = this.#byKey.get(publicKeySha256);
    // A client is its key: an earlier try that was not answered has done it.
    if (known && known === holder && !known.isRevoked) return { name: client, isThere: true };
    if (known) throw nameTaken(client);
    if (!holder) return { name: client, isThere: false };
    throw new KmsError(
      'CLIENT_KEY_TAKEN',
      `That key is the client ${holder.name}'s.`,
      'Make a new key for this client.',
    );
  }

  /**
   * Says that a client can be registered by an authority of its own, or is so already.
   *
   * @param authority DER of a certificate that may sign others
   * @throws KmsError CLIENT_NAME_INVALID, CLIENT_NAME_TAKEN, CLIENT_AUTHORITY_TAKEN, CLIENT_CERTIFICATE_INVALID;
   *   PkiError MALFORMED; FileError
   */
  async admitAuthority(
    name: string,
    authority: Uint8Array,
  ): Promise<{ readonly name: ClientName; readonly isThere: boolean }> {
    const client = clientName(name);
    await this.refresh();
    const known = this.#entries.get(client);
    if (known?.authority && Buffer.compare(known.authority, authority) === 0 && !known.isRevoked) {
      return { name: client, isThere: true };
    }
    if (known) throw nameTaken(client);
    this.#byAuthority.admit(client, authority, this.#authority);
    return { name: client, isThere: false };
  }

  /** The name of a client that is registered. Throws KmsError CLIENT_UNKNOWN, CLIENT_NAME_INVALID; FileError. */
  async registered(name: string): Promise<ClientName> {
    const client = clientName(name);
    await this.refresh();
    if (this.#entries.get(client)) return client;
    throw new KmsError(
      'CLIENT_UNKNOWN',
      `There is no client ${client}.`,
      'See who there is: vcryptsim kms client list',
    );
  }

  /** What a client must show beside its certificate, or null. Read anew each time. @throws KmsError CLIENT_PASSWORD_DAMAGED; FileError */
  passwordOf(client: ClientName): Promise<ClientPassword | null> {
    return ClientPassword.read(this.#files, `${this.#folder}/${client}`);
  }

  /** Whether a name was shut out; looked up on the medium, since another process may have done it. */
  async isRevoked(entry: string): Promise<boolean> {
    // Part of every handshake: a listing that succeeds costs a fraction of a look that fails with an error.
    return (await this.#files.readdir(`${this.#folder}/${entry}`)).includes(REVOKED);
  }

  /** Null for a certificate that no registered client's files speak for. */
  async #judgeKnown(
    chain: readonly Uint8Array[],
    publicKeySha256: string,
    nowMs: number,
  ): Promise<PeerCertificate | null> {
    const client = this.#byKey.get(publicKeySha256);
    const vouched = client ? null : this.#byAuthority.vouches(chain, nowMs);
    const owner = client ?? vouched?.client;
    if (!owner) return null;
    // Looked up each time: another process may have revoked it while this one serves.
    if (await this.isRevoked(owner.name)) throw new PkiError('REVOKED', subjectOf(chain));
    if (!vouched) return this.#verifierOf(owner).verify(chain, nowMs);
    this.#vouched.delete(publicKeySha256);
    this.#vouched.set(publicKeySha256, owner.name);
    const [oldest] = this.#vouched.keys();
    if (this.#vouched.size > VOUCHED_MAX && oldest !== undefined) this.#vouched.delete(oldest);
    return vouched.peer;
  }

  #verifierOf(client: RegisteredClient): PeerVerifier {
    const known = this.#verifiers.get(client);
    if (known) return known;
    const verifier = new PeerVerifier({ pins: client.certificates, authorities: [this.#authority] });
    this.#verifiers.set(client, verifier);
    return verifier;
  }

  /** Looks for what other processes added. Those who ask before a look has begun share it. */
  #lookAgain(nowMs: number): Promise<void> {
    this.#nextLook ??= this.#inTurn(() => {
      this.#nextLook = null;
      return this.#look(nowMs);
    });
    return this.#nextLook;
  }

  async #look(nowMs: number): Promise<void> {
    if (nowMs - this.#allReadMs >= READ_ALL_MS || nowMs < this.#allReadMs) {
      this.#allReadMs = nowMs;
      return this.#readAll();
    }
    const found = new Map<string, RegisteredClient>();
    for (const folder of await this.#folders()) {
      const known = this.#entries.get(folder);
      if (known && !this.#troubles.has(folder)) continue;
      const client = await this.#read(folder);
      // An unreadable one that is known to be so is no news.
      if (client && !(known && this.#troubles.has(folder))) found.set(folder, client);
    }
    if (found.size > 0) this.#take(new Map([...this.#entries, ...found]));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#reading.then(work);
    this.#reading = mine.catch(() => {});
    return mine;
  }

  async #readAll(): Promise<void> {
    const entries = new Map<string, RegisteredClient | null>();
    this.#troubles.clear();
    for (const folder of await this.#folders()) entries.set(folder, await this.#read(folder));
    this.#take(entries);
  }

  async #folders(): Promise<string[]> {
    try {
      return await this.#files.readdir(this.#folder);
    } catch (error) {
      if (error instanceof FileError && error.code === 'NOT_FOUND') return [];
      throw error;
    }
  }

  #take(entries: Map<string, RegisteredClient | null>): void {
    const clients = [...entries.values()].flatMap((client) => client ?? []);
    const byKey = new Map<string, RegisteredClient>();
    const keyOf = new Map<string, string>();
    for (const client of clients) {
      for (const der of client.certificates) {
        const fingerprint = fingerprintSha256(der);
        const key = this.#keyOf.get(fingerprint) ?? describeCertificate(der).publicKeySha256;
        // A client's folder that was copied under another name takes no key over, and gives no revoked one back.
        const holder = byKey.get(key);
        if (!holder || (client.isRevoked && !holder.isRevoked)) byKey.set(key, client);
        keyOf.set(fingerprint, key);
      }
    }
    this.#byAuthority = new AuthorityIndex(clients);
    this.#entries = entries;
    this.#byKey = byKey;
    this.#keyOf = keyOf;
    this.#verifiers = new Map();
  }

  /** Null for a folder without a certificate or of another name than a client's, and for a plain file among the folders. */
  async #read(folder: string): Promise<RegisteredClient | null> {
    this.#troubles.delete(folder);
    try {
      return await this.#readWhole(folder);
    } catch (error) {
      this.#troubles.set(folder, troubleOfOneClient(error, `${this.#folder}/${folder}`));
      if (!isClientName(folder)) return null;
      const isRevoked = await this.isRevoked(folder).catch(() => true);
      return { name: folder, certificates: [], authority: null, isRevoked };
    }
  }

  async #readWhole(folder: string): Promise<RegisteredClient | null> {
    const certificates = await this.#certificatesOf(folder, 'cert.pem');
    const [authority = null] = (await this.#certificatesOf(folder, AUTHORITY)) ?? [];
    if (!certificates && !authority) return null;
    const isRevoked = await this.isRevoked(folder);
    return { name: clientName(folder), certificates: certificates ?? [], authority, isRevoked };
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

function subjectOf(chain: readonly Uint8Array[]): string {
  const [leaf] = chain;
  assert(leaf, 'a chain that was judged has a leaf');
  return describeCertificate(leaf).subject;
}

function nameTaken(client: ClientName): KmsError {
  return new KmsError('CLIENT_NAME_TAKEN', `There is a client ${client} already.`, 'Choose another name.');
}
