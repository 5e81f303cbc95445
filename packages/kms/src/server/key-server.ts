import type { Clock, Entropy, EventSink, FileSystem, KeyId, KeyPairSource, KeyServerName } from '@vcryptsim/ports';
import { makeFolders } from '@vcryptsim/ports';
import type { Administrator } from '../admin/admin-request.js';
import { Administration } from '../admin/administration.js';
import type { AuditLog } from '../audit/audit-log.js';
import type { BackupReport } from '../backup/backup-report.js';
import { writeBackup } from '../backup/write-backup.js';
import { ClientRegistry } from '../clients/client-registry.js';
import type { RegisteredClient } from '../clients/registered-client.js';
import { Registrar } from '../clients/registrar.js';
import type { ClusterStatus } from '../cluster/cluster-status.js';
import { FollowerLink, type LeaderAddress } from '../cluster/follower-link.js';
import { followerOperations } from '../cluster/follower-operations.js';
import { LeaderDoor } from '../cluster/leader-door.js';
import { notLeader } from '../cluster/not-leader.js';
import { ReplicaStore } from '../cluster/replica-store.js';
import { KeyPairQueue } from '../operations/key-pair-queue.js';
import { isArchived } from '../operations/operation-context.js';
import { operationTable } from '../operations/operation-table.js';
import { PendingOperations } from '../operations/pending-operations.js';
import { WorkTurns } from '../operations/work-turns.js';
import { ServerPki } from '../pki/server-pki.js';
import { Anchor } from '../store/anchor.js';
import { KeyStore } from '../store/key-store.js';
import type { StoreReport } from '../store/object-store.js';
import { type ClientName, clientName } from '../terms/client-name.js';
import type { KmsEvent } from '../terms/events.js';
import { faultCode } from '../terms/fault-code.js';
import { defaultQuotas, type Quotas } from '../terms/quotas.js';
import { openAudit } from './audit-of-store.js';
import { KeyServerNode } from './key-server-node.js';
import type { NodeOptions } from './node-options.js';

/** The administrator's door, in events and audit lines. */
const ADMIN = 'admin.sock' as KeyServerName;

/** What a key server needs of the world. */
export interface KeyServerOptions {
  /** `DIR`: the server's whole state lies in it; made at the first start. */
  readonly folder: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly events: EventSink<KmsEvent>;
  /** Makes the server's own keys at the first start, and clients' keys when asked to. */
  readonly keyPairs: KeyPairSource;
  /** Names and addresses by which clients call the server, beside localhost and 127.0.0.1. */
  readonly alternativeNames?: readonly string[];
  /** Whether clients that can verify it are shown an EC certificate, beside the RSA one for the others. Default false. */
  readonly withEc?: boolean;
  /** File of the root key; default `DIR/root.key`. */
  readonly rootKeyPath?: string;
  /** What a client may keep; {@link defaultQuotas} for those that are not given. */
  readonly quotas?: Partial<Quotas>;
  /** Told of each error that nobody expected: one answer or connection was lost to it. For a log; it may name paths. */
  readonly onFault?: (error: unknown) => void;
  /** Given, the server is a follower: it copies the leader's store and takes no changes. */
  readonly leader?: LeaderAddress;
  /** File outside the folder that remembers how far the store is (store/anchor.ts); a leader's only. */
  readonly anchorPath?: string;
  /** Whether an audit log that has fewer lines than the store knows of is accepted, for this start. */
  readonly newAudit?: boolean;
}

/** What a store has of an object. */
export type StoredPart = 'material' | 'archived' | 'destroyed' | 'nothing';

/**
 * A key server: one store, one audit log and one registry of clients in a folder, and any number of nodes that serve
 * them over KMIP. Folder:
 *
 *   root.key         32 bytes (root-key.ts)
 *   store/journal    sealed objects (journal-format.ts)
 *   audit.jsonl      one line for each answer (audit-line.ts)
 *   clients/NAME/    who may connect (client-registry.ts)
 *   followers/NAME/  which nodes may copy the store, in the same form
 *   pki/             the server's own certificates (server-pki.ts)
 *   change.json      the administrator's change that is under way (recorded-changes.ts)
 */
export class KeyServer {
  readonly #nodes = new Set<KeyServerNode>();
  readonly #doors = new Set<LeaderDoor>();
  #link: FollowerLink | null = null;
  /** Those that no node met. */
  #faults = 0;
  private readonly pending: PendingOperations;
  private readonly registrar: Registrar;
  /** Does what an administrator of this server asks. */
  readonly administrator: Administrator;
  private readonly nextGroupMember = new Map<string, number>();
  private readonly turns: WorkTurns;
  private readonly pairs: KeyPairQueue;
  private readonly quotas: Quotas;

  private constructor(
    private readonly o: KeyServerOptions,
    private readonly store: KeyStore | ReplicaStore,
    private readonly audit: AuditLog,
    private readonly registry: ClientRegistry,
    /** Which nodes may copy the store. */
    private readonly followers: ClientRegistry,
    /** The server's own certificates. */
    readonly pki: ServerPki,
    /** What opening the store found. */
    readonly report: StoreReport,
  ) {
    this.pending = new PendingOperations(o.entropy);
    this.turns = new WorkTurns(o.clock);
    this.pairs = new KeyPairQueue(o.keyPairs);
    this.quotas = { ...defaultQuotas, ...o.quotas };
    this.registrar = new Registrar({ ...o, audit, clients: registry, followers });
    this.administrator = new Administration({
      ...o,
      store,
      audit,
      registration: this,
      onFault: (error, action) => this.#contain(ADMIN, action, error),
      backUp: (out, beforeFinish) => this.backUp(out, beforeFinish),
      cluster: () => this.cluster(),
    });
  }

  /**
   * Opens the key server of a folder, or makes one there.
   *
   * @throws KmsError PKI_INCOMPLETE, ROOT_KEY_MISSING, ROOT_KEY_MALFORMED, ROOT_KEY_WRONG, STORE_DAMAGED (also when the
   *   audit log knows of answers whose changes are not in the store), AUDIT_DAMAGED, ANCHOR_MISMATCH, ANCHOR_MALFORMED;
   *   FileError; PkiError
   */
  static async open(o: KeyServerOptions): Promise<KeyServer> {
    await makeFolders(o.files, o.folder);
    const pki = await ServerPki.open({ ...o, folder: `${o.folder}/pki` });
    const authority = pki.authority.certificate;
    await makeFolders(o.files, `${o.folder}/clients`);
    const registry = await ClientRegistry.open({ ...o, folder: `${o.folder}/clients`, authority });
    const followers = await ClientRegistry.open({ ...o, folder: `${o.folder}/followers`, authority });
    const rootKeyPath = o.rootKeyPath ?? `${o.folder}/root.key`;
    let audit: AuditLog | null = null;
    const auditLine = () => audit?.head.n ?? 0;
    const anchor = o.anchorPath === undefined ? undefined : await Anchor.open(o.files, o.anchorPath);
    const place = { ...o, folder: `${o.folder}/store`, rootKeyPath, auditLine, anchor };
    const { store, report } = await (o.leader ? ReplicaStore.open(place) : KeyStore.open(place));
    try {
      const log = await openAudit({ ...o, anchor }, store);
      audit = log;
      const isBehind = store instanceof KeyStore && store.auditLine > log.head.n;
      // A log that was restored counts from where it is. One that begins anew has its first line before it counts.
      if (isBehind && !o.newAudit) await store.noteAudit();
      await log.append({ event: 'OPENED', stored: store.lastWrite, tornBytes: report.tornBytes });
      if (isBehind && o.newAudit) await store.noteAudit();
      o.events.emit({ type: 'STORE_OPENED', ...report });
      const server = new KeyServer(o, store, log, registry, followers, pki, report);
      await server.registrar.settle();
      server.#follow();
      return server;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /**
   * Opens a door for clients. May be called several times: the nodes of one cluster share the store.
   *
   * @throws NetworkError ADDRESS_IN_USE, NOT_PERMITTED
   */
  async listen(o: NodeOptions): Promise<KeyServerNode> {
    const { clock, entropy, events } = this.o;
    const { store, audit, registry, pending, nextGroupMember, turns, pairs, quotas } = this;
    const link = this.#link;
    const operations = link ? followerOperations(() => link.status) : operationTable();
    const node = await KeyServerNode.listen({
      operations,
      identities: this.pki.identities,
      ...o,
      clock,
      entropy,
      turns,
      pairs,
      quotas,
      events,
      onFault: this.o.onFault,
      store,
      pending,
      nextGroupMember,
      audit,
      registry,
    });
    this.#nodes.add(node);
    return node;
  }

  /**
   * Registers a client by its certificate; it may connect when this resolves.
   *
   * @param o.certificate DER, self-signed or issued, without or with extended key usage
   * @throws KmsError CLIENT_NAME_INVALID, CLIENT_NAME_TAKEN, CLIENT_KEY_TAKEN; PkiError MALFORMED; FileError
   */
  async addClient(o: { readonly name: string; readonly certificate: Uint8Array }): Promise<ClientName> {
    const client = await this.registrar.add(o);
    this.o.events.emit({ type: 'CLIENT_ADDED', client });
    return client;
  }

  /** Registers a client by an authority of its own. @param o.certificate DER. Throws as {@link addClient}; KmsError CLIENT_AUTHORITY_TAKEN */
  async addAuthority(o: { readonly name: string; readonly certificate: Uint8Array }): Promise<ClientName> {
    const client = await this.registrar.addAuthority(o);
    this.o.events.emit({ type: 'CLIENT_ADDED', client });
    return client;
  }

  /**
   * Sets the user name and password that a client must show from its next connection on.
   *
   * @param o.record {@link ClientPassword.record}
   * @throws KmsError CLIENT_UNKNOWN, STORE_UNWRITABLE; FileError
   */
  setPassword(o: { readonly name: string; readonly record: Uint8Array }): Promise<ClientName> {
    return this.registrar.setPassword(o);
  }

  /**
   * Opens a leader's door for followers, who copy the store through it.
   *
   * @throws NetworkError ADDRESS_IN_USE, NOT_PERMITTED; KmsError NOT_LEADER at a follower
   */
  async replicate(o: NodeOptions): Promise<LeaderDoor> {
    if (!(this.store instanceof KeyStore)) throw notLeader(null);
    const { clock, events } = this.o;
    const { audit, followers } = this;
    const onFault = (error: unknown, follower: ClientName | null) => {
      this.#contain(o.nodeName, 'replicate', error, follower);
    };
    const parts = { identities: [this.pki.identity], ...o, clock, events, audit, followers, onFault };
    const door = await LeaderDoor.open({ ...parts, journal: this.store.journal });
    this.#doors.add(door);
    return door;
  }

  /**
   * Registers a node that may copy the store, by its certificate. It is no client and reads no key over KMIP.
   *
   * @param o.certificate DER
   * @throws KmsError as {@link addClient}; PkiError MALFORMED; FileError
   */
  async addFollower(o: { readonly name: string; readonly certificate: Uint8Array }): Promise<ClientName> {
    const follower = await this.registrar.addFollower(o);
    this.o.events.emit({ type: 'FOLLOWER_ADDED', follower });
    return follower;
  }

  /** How many errors that nobody expected cost an answer or a connection since the server was opened. */
  get faults(): number {
    return [...this.#nodes].reduce((sum, node) => sum + node.faults, this.#faults);
  }

  /**
   * Keeps a node from copying the store, and pulls the plug of the connection that it has. It keeps what it copied.
   *
   * @returns how many connections that were
   * @throws KmsError CLIENT_UNKNOWN, STORE_UNWRITABLE; FileError
   */
  revokeFollower(name: string): Promise<number> {
    return this.#shutOut(this.followers, [...this.#doors], name, () => this.registrar.revokeFollower(name));
  }

  /** What the store has of an object now: its material, archived or not, its record since it was destroyed, or nothing. */
  look(id: KeyId): StoredPart {
    const object = this.store.find(id);
    if (object === undefined) return 'nothing';
    if (object.material === null) return 'destroyed';
    return isArchived(object) ? 'archived' : 'material';
  }

  /** What the store has of each object now. */
  contents(): ReadonlyMap<KeyId, StoredPart> {
    return new Map([...this.store.objects()].map(({ id }) => [id, this.look(id)]));
  }

  /** How the server stands in its cluster now. */
  cluster(): ClusterStatus {
    const { store, quotas, faults } = this;
    const { lastWrite } = store;
    const clients = this.registry.clients.map(({ name }) => ({ name, ...store.usageOf(name) }));
    const usage = { quotas, clients, faults };
    if (this.#link) return { role: 'follower', lastWrite, ...this.#link.status, ...usage };
    const followers = [...this.#doors].flatMap((door) => door.followers());
    return { role: 'leader', lastWrite, followers, ...usage };
  }

  /**
   * Keeps a client from connecting from now on, and pulls the plug of the connections that it has. Its objects stay.
   *
   * @returns how many connections that were
   * @throws KmsError CLIENT_UNKNOWN, STORE_UNWRITABLE; FileError
   */
  async revokeClient(name: string): Promise<number> {
    const closed = await this.#shutOut(this.registry, [...this.#nodes], name, () => this.registrar.revoke(name));
    this.o.events.emit({ type: 'CLIENT_REVOKED', client: clientName(name) });
    return closed;
  }

  /** Copies the folder, without its root key, while it is served: {@link writeBackup}. */
  backUp(out: string, beforeFinish?: () => Promise<void>): Promise<BackupReport> {
    const { folder, rootKeyPath = `${folder}/root.key` } = this.o;
    return writeBackup({ ...this.o, rootKeyPath, out, ...(beforeFinish && { beforeFinish }) });
  }

  /** Clients and followers that are refused because their files cannot be read: a sentence each, with the file. */
  unreadable(): readonly string[] {
    return [...this.registry.troubles, ...this.followers.troubles];
  }

  /** Who may connect, by name, and who could not be read. */
  clients(): readonly RegisteredClient[] {
    return this.registry.clients;
  }

  /** Stops all nodes, waits for what is under way, closes the files and forgets every key. */
  async close(): Promise<void> {
    for (const node of this.#nodes) await node.stop();
    for (const door of this.#doors) await door.stop();
    await this.#link?.stop();
    const stored = this.store.lastWrite;
    await this.store.close();
    await this.audit.append({ event: 'CLOSED', stored }).catch(() => {});
    await this.audit.close();
  }

  #follow(): void {
    const { leader: to, clock, events } = this.o;
    if (to && this.store instanceof ReplicaStore) {
      const onFault = (error: unknown) => this.#contain(to.nodeName, 'follow', error);
      this.#link = FollowerLink.start({ to, store: this.store, clock, events, onFault });
    }
  }

  /** The border of all that is no client's connection: what nobody expected is counted, told and written down. */
  #contain(node: KeyServerName, operation: string, error: unknown, client: ClientName | null = null): void {
    const code = faultCode(error);
    this.#faults += 1;
    this.o.events.emit({ type: 'FAULT_CONTAINED', node, client, operation, code });
    this.o.onFault?.(error);
    // Nobody waits for an answer; the next one finds the log unwritable.
    this.audit.append({ event: 'REFUSAL', node, code }).catch(() => {});
  }

  /** Whatever comes of it: who is shut out on the medium keeps no connection, nor does one of whom that is not known. */
  async #shutOut(
    registry: ClientRegistry,
    doors: readonly (KeyServerNode | LeaderDoor)[],
    name: string,
    revoke: () => Promise<ClientName>,
  ): Promise<number> {
    const dismiss = async (client: ClientName): Promise<number> => {
      const closed = await Promise.all(doors.map((door) => door.dismiss(client)));
      return closed.reduce((sum, count) => sum + count, 0);
    };
    try {
      return await dismiss(await revoke());
    } catch (error) {
      const isKnown = registry.clients.some((one) => one.name === name);
      if (isKnown && (await registry.isRevoked(name).catch(() => true))) await dismiss(clientName(name));
      throw error;
    }
  }
}
