import { fingerprintSha256 } from '@vcryptsim/pki';
import type { Clock, FileSystem } from '@vcryptsim/ports';
import { AuditLog } from '../audit/audit-log.js';
import type { ClientName } from './client-name.js';
import { ClientRegistry } from './client-registry.js';

/** Lets clients in and shuts them out, and notes it in the audit log. */
export class Registrar {
  constructor(
    private readonly registry: ClientRegistry,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Opens registry and audit log of a key server's folder in which no server runs. The store stays shut, so no root
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
    readonly authority: Uint8Array;
  }): Promise<Registrar> {
    const registry = await ClientRegistry.open({ ...o, folder: `${o.folder}/clients` });
    const { log } = await AuditLog.open({ ...o, path: `${o.folder}/audit.jsonl` });
    return new Registrar(registry, log);
  }

  /**
   * Registers a client by its certificate; it may connect when this resolves.
   *
   * @param o.certificate DER, self-signed or issued, without or with extended key usage
   * @throws KmsError CLIENT_NAME_INVALID, CLIENT_NAME_TAKEN, CLIENT_KEY_TAKEN, STORE_UNWRITABLE; PkiError MALFORMED;
   *   FileError
   */
  async add(o: { readonly name: string; readonly certificate: Uint8Array }): Promise<ClientName> {
    const client = await this.registry.add(o.name, o.certificate);
    const shown = fingerprintSha256(o.certificate);
    await this.audit.append({ event: 'CLIENT_ADDED', client, fingerprintSha256: shown });
    return client;
  }

  /**
   * Keeps a client from connecting from now on. Its objects and its name stay.
   *
   * @throws KmsError CLIENT_UNKNOWN, STORE_UNWRITABLE; FileError
   */
  async revoke(name: string): Promise<ClientName> {
    const client = await this.registry.revoke(name);
    await this.audit.append({ event: 'CLIENT_REVOKED', client });
    return client;
  }

  /** Closes the audit log of {@link open}. */
  async close(): Promise<void> {
    await this.audit.close();
  }
}
