import { fingerprintSha256 } from '@vcryptsim/pki';
import { type Clock, type Entropy, type FileSystem, makeFolders } from '@vcryptsim/ports';
import type { RegistrationEntry } from '../audit/audit-line.js';
import { AuditLog } from '../audit/audit-log.js';
import { certificatesAsPem } from '../pki/pem-files.js';
import type { ClientName } from '../terms/client-name.js';
import { ClientPassword } from './client-password.js';
import { ClientRegistry } from './client-registry.js';
import { RecordedChanges } from './recorded-changes.js';

/** What the registrar works on. */
export interface RegistrarParts {
  /** `DIR`. */
  readonly folder: string;
  readonly files: FileSystem;
  readonly entropy: Entropy;
  readonly audit: AuditLog;
  readonly clients: ClientRegistry;
  readonly followers: ClientRegistry;
}

/**
 * Lets clients and followers in and shuts them out. Each change is durable together with its audit line, or it is not
 * made (recorded-changes.ts). After an error the same change can be asked for again; what is so already succeeds.
 */
export class Registrar {
  readonly #parts: RegistrarParts;
  readonly #changes: RecordedChanges;

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
    this.#changes = new RecordedChanges(parts);
  }

  /**
   * Opens registries and audit log of a key server's folder in which no server runs. The store stays shut, so no root
   * key is needed, and none is made.
   *
   * @param o.folder `DIR`; the caller holds its lock
   * @param o.authority DER of the key server's own authority
   * @throws KmsError AUDIT_DAMAGED; PkiError MALFORMED; FileError
   */
  static async open(o: {
    readonly folder: string;
    readonly files: FileSystem;
    readonly clock: Clock;
    readonly entropy: Entropy;
    readonly authority: Uint8Array;
  }): Promise<Registrar> {
    await makeFolders(o.files, `${o.folder}/clients`);
    const clients = await ClientRegistry.open({ ...o, folder: `${o.folder}/clients` });
    const followers = await ClientRegistry.open({ ...o, folder: `${o.folder}/followers` });
    const { log } = await AuditLog.open({ ...o, path: `${o.folder}/audit.jsonl` });
    return new Registrar({ ...o, clients, followers, audit: log });
  }

  /** Finishes or takes back what a cut left of a change. Throws FileError; KmsError STORE_DAMAGED. */
  settle(): Promise<void> {
    return this.#changes.inTurn(() => this.#settle());
  }

  /**
   * Registers a client by its certificate; it may connect when this resolves.
   *
   * @param o.certificate DER, self-signed or issued, without or with extended key usage
   * @throws KmsError CLIENT_NAME_INVALID, CLIENT_NAME_TAKEN, CLIENT_KEY_TAKEN, STORE_UNWRITABLE; PkiError MALFORMED;
   *   FileError
   */
  add(o: { readonly name: string; readonly certificate: Uint8Array }): Promise<ClientName> {
    const { clients } = this.#parts;
    return this.#enter(clients, 'clients', () => clients.admitCertificate(o.name, o.certificate), {
      file: 'cert.pem',
      certificate: o.certificate,
      entryOf: (client, fingerprint) => ({ event: 'CLIENT_ADDED', client, fingerprintSha256: fingerprint }),
    });
  }

  /**
   * Registers a client by an authority of its own; whoever shows a certificate of it may connect as this client.
   *
   * @param o.certificate DER of a certificate that may sign others
   * @throws KmsError CLIENT_NAME_INVALID, CLIENT_NAME_TAKEN, CLIENT_AUTHORITY_TAKEN, CLIENT_CERTIFICATE_INVALID,
   *   STORE_UNWRITABLE; PkiError MALFORMED; FileError
   */
  addAuthority(o: { readonly name: string; readonly certificate: Uint8Array }): Promise<ClientName> {
    const { clients } = this.#parts;
    return this.#enter(clients, 'clients', () => clients.admitAuthority(o.name, o.certificate), {
      file: 'authority.pem',
      certificate: o.certificate,
      entryOf: (client, fingerprint) => ({ event: 'CLIENT_AUTHORITY_ADDED', client, fingerprintSha256: fingerprint }),
    });
  }

  /** Registers a node that may copy the store. Throws as {@link add}. */
  addFollower(o: { readonly name: string; readonly certificate: Uint8Array }): Promise<ClientName> {
    const { followers } = this.#parts;
    return this.#enter(followers, 'followers', () => followers.admitCertificate(o.name, o.certificate), {
      file: 'cert.pem',
      certificate: o.certificate,
      entryOf: (follower, fingerprint) => ({ event: 'FOLLOWER_ADDED', follower, fingerprintSha256: fingerprint }),
    });
  }

  /**
   * Sets the user name and password that a client must show from its next connection on.
   *
   * @param o.record content of its password file ({@link ClientPassword.record}); not the password
   * @throws KmsError CLIENT_UNKNOWN, CLIENT_PASSWORD_DAMAGED, STORE_UNWRITABLE; FileError
   */
  setPassword(o: { readonly name: string; readonly record: Uint8Array }): Promise<ClientName> {
    return this.#changes.inTurn(async () => {
      await this.#settle();
      const client = await this.#parts.clients.registered(o.name);
      ClientPassword.parse(o.record, 'what was sent');
      const entry = { event: 'CLIENT_PASSWORD_SET', client } as const;
      await this.#changes.make({ path: `clients/${client}/password`, content: o.record, entry });
      return client;
    });
  }

  /**
   * Keeps a client from connecting from now on. Its objects and its name stay.
   *
   * @throws KmsError CLIENT_UNKNOWN, STORE_UNWRITABLE; FileError
   */
  revoke(name: string): Promise<ClientName> {
    const { clients } = this.#parts;
    return this.#shutOut(clients, 'clients', name, (client) => ({ event: 'CLIENT_REVOKED', client }));
  }

  /** Keeps a node from copying the store from now on. Throws as {@link revoke}. */
  revokeFollower(name: string): Promise<ClientName> {
    const { followers } = this.#parts;
    return this.#shutOut(followers, 'followers', name, (follower) => ({ event: 'FOLLOWER_REVOKED', follower }));
  }

  /** Closes the audit log of {@link open}. */
  async close(): Promise<void> {
    await this.#parts.audit.close();
  }

  #enter(
    registry: ClientRegistry,
    kind: 'clients' | 'followers',
    admit: () => Promise<{ readonly name: ClientName; readonly isThere: boolean }>,
    o: {
      readonly file: string;
      readonly certificate: Uint8Array;
      readonly entryOf: (name: ClientName, fingerprint: string) => RegistrationEntry;
    },
  ): Promise<ClientName> {
    return this.#changes.inTurn(async () => {
      await this.#settle();
      const { name, isThere } = await admit();
      if (isThere) return name;
      const content = certificatesAsPem([o.certificate]);
      const entry = o.entryOf(name, fingerprintSha256(o.certificate));
      await this.#make(registry, { path: `${kind}/${name}/${o.file}`, content, mode: 0o644, entry });
      return name;
    });
  }

  #shutOut(
    registry: ClientRegistry,
    kind: 'clients' | 'followers',
    text: string,
    entryOf: (name: ClientName) => RegistrationEntry,
  ): Promise<ClientName> {
    return this.#changes.inTurn(async () => {
      await this.#settle();
      const name = await registry.registered(text);
      const path = `${kind}/${name}/revoked`;
      await this.#make(registry, { path, content: new Uint8Array(0), mode: 0o644, entry: entryOf(name) });
      return name;
    });
  }

  /** Whatever came of it, what is known afterwards is what is on the medium. */
  async #make(registry: ClientRegistry, file: Parameters<RecordedChanges['make']>[0]): Promise<void> {
    try {
      await this.#changes.make(file);
    } finally {
      await registry.refresh();
    }
  }

  async #settle(): Promise<void> {
    if (!(await this.#changes.settle())) return;
    await this.#parts.clients.refresh();
    await this.#parts.followers.refresh();
  }
}
