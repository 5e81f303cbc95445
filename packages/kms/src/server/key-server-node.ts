import { type Credential, Operation } from '@vcryptsim/kmip-lite';
import { type Exchange, type OperationTable, serveChannel } from '@vcryptsim/kmip-lite/server';
import { fingerprintSha256 } from '@vcryptsim/pki';
import {
  assert,
  type Channel,
  type Clock,
  type Entropy,
  type EventSink,
  type KeyServerName,
  type Listener,
  type PeerCertificate,
  type TlsIdentity,
} from '@vcryptsim/ports';
import type { AuditItem } from '../audit/audit-line.js';
import type { AuditLog } from '../audit/audit-log.js';
import type { ClientPassword } from '../clients/client-password.js';
import type { ClientRegistry } from '../clients/client-registry.js';
import type { RegisteredClient } from '../clients/registered-client.js';
import type { KeyPairQueue } from '../operations/key-pair-queue.js';
import { MessageWork } from '../operations/message-work.js';
import type { OperationContext } from '../operations/operation-context.js';
import type { PendingOperations } from '../operations/pending-operations.js';
import { asKmipError } from '../operations/result-reason.js';
import type { WorkTurns } from '../operations/work-turns.js';
import type { ObjectStore } from '../store/object-store.js';
import type { ClientName } from '../terms/client-name.js';
import { KmsError } from '../terms/errors.js';
import type { KmsEvent } from '../terms/events.js';
import { faultCode } from '../terms/fault-code.js';
import { limits } from '../terms/limits.js';
import type { Quotas } from '../terms/quotas.js';
import type { NodeOptions } from './node-options.js';

/** The network's own code for a connection that ended before its certificate was judged. */
const NO_HANDSHAKE = 'NO_HANDSHAKE';

interface NodeParts extends NodeOptions {
  readonly identities: readonly TlsIdentity[];
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly events: EventSink<KmsEvent>;
  readonly store: ObjectStore;
  /** What is served. */
  readonly operations: OperationTable<OperationContext>;
  readonly pending: PendingOperations;
  readonly nextGroupMember: Map<string, number>;
  readonly turns: WorkTurns;
  readonly pairs: KeyPairQueue;
  readonly quotas: Quotas;
  readonly audit: AuditLog;
  readonly registry: ClientRegistry;
  /** For whoever runs the server: the error itself, which never goes over a wire. */
  readonly onFault?: ((error: unknown) => void) | undefined;
}

/** One door of a key server: it listens at an address and serves the clients that the registry knows. */
export class KeyServerNode {
  readonly #parts: NodeParts;
  readonly #open = new Map<Channel, { readonly client: ClientName; readonly served: Promise<void> }>();
  #listener: Listener | null = null;
  #failedHandshakes = 0;
  #isAuditingHandshakes = false;
  #faults = 0;

  private constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  /** Begins to listen. */
  static async listen(parts: NodeParts): Promise<KeyServerNode> {
    const node = new KeyServerNode(parts);
    const { network, address, identities, nodeName } = parts;
    node.#listener = await network.listen(address, {
      identities,
      judge: (chain) => node.#judge(chain),
      onChannel: (channel) => node.#accept(channel),
      onRefused: (code) => {
        parts.events.emit({ type: 'CLIENT_REFUSED', node: nodeName, code });
        // What the judge refused it has noted itself.
        if (code === NO_HANDSHAKE) void node.#auditFailedHandshake();
      },
      onFault: (error) => node.#contain(error),
      handshakeLimitMs: limits.handshakeMs,
      unauthenticatedMax: limits.unauthenticatedMax,
      unauthenticatedPerAddressMax: limits.unauthenticatedPerAddressMax,
    });
    parts.events.emit({ type: 'NODE_LISTENING', node: nodeName });
    return node;
  }

  get name(): KeyServerName {
    return this.#parts.nodeName;
  }

  /** Where it listens really. */
  get address(): Listener['address'] {
    assert(this.#listener, 'a stopped node has no address');
    return this.#listener.address;
  }

  /** How many errors that nobody expected cost one answer or one connection since it listens. */
  get faults(): number {
    return this.#faults;
  }

  /** Takes no more connections and ends those there are; answers that are under way do not leave. */
  async stop(): Promise<void> {
    const listener = this.#listener;
    if (!listener) return;
    this.#listener = null;
    await listener.close();
    const served = [...this.#open.values()].map((connection) => connection.served);
    for (const channel of this.#open.keys()) await channel.abort();
    await Promise.allSettled(served);
    this.#parts.events.emit({ type: 'NODE_STOPPED', node: this.name });
  }

  /** Pulls the plug of a client's connections; answers how many there were. */
  async dismiss(client: ClientName): Promise<number> {
    const channels = [...this.#open]
      .filter(([, connection]) => connection.client === client)
      .map(([channel]) => channel);
    for (const channel of channels) await channel.abort();
    return channels.length;
  }

  async #judge(chain: readonly Uint8Array[]): Promise<PeerCertificate> {
    const { registry, clock, audit } = this.#parts;
    try {
      const chainBytes = chain.reduce((sum, certificate) => sum + certificate.length, 0);
      if (chainBytes > limits.chainBytes) {
        throw new KmsError('CLIENT_CHAIN_TOO_LONG', `The client shows ${chainBytes} bytes of certificates.`);
      }
      return await registry.judge(chain, clock);
    } catch (error) {
      const [leaf] = chain;
      const shown = leaf && { fingerprintSha256: fingerprintSha256(leaf) };
      await audit.append({ event: 'REFUSAL', node: this.name, code: codeOf(error), ...shown });
      throw error;
    }
  }

  /** One line for all that came while the last one was being written: a flood of them makes no flood of lines. */
  async #auditFailedHandshake(): Promise<void> {
    this.#failedHandshakes += 1;
    if (this.#isAuditingHandshakes) return;
    this.#isAuditingHandshakes = true;
    try {
      while (this.#failedHandshakes > 0) {
        const count = this.#failedHandshakes;
        this.#failedHandshakes = 0;
        await this.#parts.audit.append({ event: 'REFUSAL', node: this.name, code: NO_HANDSHAKE, count });
      }
    } catch {
      // Nobody waits for an answer; the next request will find the log unwritable.
    } finally {
      this.#isAuditingHandshakes = false;
    }
  }

  /** The node's border: counts and tells what nobody expected. What it cost was one answer or one connection. */
  #contain(error: unknown, client: ClientName | null = null, operation: string | null = null): void {
    this.#faults += 1;
    this.#parts.events.emit({ type: 'FAULT_CONTAINED', node: this.name, client, operation, code: faultCode(error) });
    this.#parts.onFault?.(error);
  }

  /** Serves one connection from its handshake to its end. Nothing leaves it but the connection's end. */
  async #accept(channel: Channel): Promise<void> {
    try {
      await this.#admit(channel);
    } catch (error) {
      // A refusal that could not be noted, for one: the disk is full.
      await channel.abort().catch(() => {});
      const code = codeOf(error);
      this.#parts.events.emit({ type: 'CLIENT_REFUSED', node: this.name, code });
      if (!(error instanceof KmsError)) this.#contain(error);
    }
  }

  async #admit(channel: Channel): Promise<void> {
    const client = this.#parts.registry.find(channel.peer.publicKeySha256);
    if (!client) return this.#refuse(channel, 'CLIENT_UNKNOWN');
    const refusal = this.#refusalFor(client);
    if (refusal !== null) return this.#refuse(channel, refusal);
    const { name } = client;
    const password = await this.#parts.registry.passwordOf(name).catch(() => 'unreadable' as const);
    if (password === 'unreadable') return this.#refuse(channel, 'CLIENT_PASSWORD_DAMAGED');
    // It may have been shut out while its password was read: from here on it is dismissed with the others.
    if (this.#parts.registry.find(channel.peer.publicKeySha256)?.isRevoked !== false) {
      return this.#refuse(channel, 'REVOKED');
    }
    const served = this.#serve(channel, name, password);
    this.#open.set(channel, { client: name, served });
    try {
      await served;
    } finally {
      this.#open.delete(channel);
    }
  }

  async #refuse(channel: Channel, code: string): Promise<void> {
    const { fingerprintSha256: shown } = channel.peer;
    await this.#parts.audit.append({ event: 'REFUSAL', node: this.name, code, fingerprintSha256: shown });
    this.#parts.events.emit({ type: 'CLIENT_REFUSED', node: this.name, code });
    await channel.close();
  }

  #refusalFor({ name, isRevoked }: RegisteredClient): 'REVOKED' | 'TOO_MANY_CONNECTIONS' | null {
    // Since it was judged.
    if (isRevoked) return 'REVOKED';
    const ofClient = [...this.#open.values()].filter((connection) => connection.client === name).length;
    const isFull = this.#open.size >= limits.connectionsMax || ofClient >= limits.connectionsPerClientMax;
    return isFull ? 'TOO_MANY_CONNECTIONS' : null;
  }

  #serve(channel: Channel, client: ClientName, password: ClientPassword | null): Promise<void> {
    const { clock, entropy, pairs, events, store, pending, nextGroupMember, turns, quotas } = this.#parts;
    const keyPairs = pairs.of(client);
    const context = { node: this.name, client, store, pending, nextGroupMember, entropy, keyPairs, events, quotas };
    return serveChannel<OperationContext>(channel, {
      newestVersion: this.#parts.newestVersion,
      operations: this.#parts.operations,
      context,
      contextOf: (message) => ({ ...context, work: new MessageWork(client, turns, message) }),
      beforeItem: ({ work }, place) => work?.beforeItem(place) ?? Promise.resolve(),
      clock,
      admit: async (credential, _context, operations) => admit(password, credential, operations),
      onExchange: (exchange) => this.#audit(exchange),
      onFault: ({ error, operation }) => this.#noteFault(error, client, operation ?? null),
      firstRequestTimeoutMs: limits.idleMs,
      idleTimeoutMs: limits.idleMs,
      messageTimeoutMs: limits.messageMs,
      writeTimeoutMs: limits.writeMs,
    });
  }

  /** An answer that was kept back for want of an audit line is the disk's fault, not a mistake. */
  #noteFault(error: unknown, client: ClientName, operation: string | null): void {
    if (error instanceof KmsError && error.code === 'STORE_UNWRITABLE') return;
    this.#contain(error, client, operation);
  }

  /** The line that is durable before the answer leaves: who asked which node for what, and what came of it. */
  #audit(exchange: Exchange<OperationContext>): Promise<void> {
    const items = exchange.items.map(
      ({ operation = 'none', status, reason, uniqueIdentifier }): AuditItem => ({
        operation,
        status,
        ...(reason !== undefined && { reason }),
        ...(uniqueIdentifier !== undefined && { uniqueIdentifier: uniqueIdentifier.slice(0, 128) }),
      }),
    );
    const { client } = exchange.context;
    return this.#parts.audit.append({
      event: 'ANSWER',
      node: this.name,
      client,
      items,
      stored: this.#parts.store.lastWrite,
    });
  }
}

/**
 * What tells nothing of any object is answered without the password, because clients ask it before they show one, our own
 * vCenter among them. A credential that is shown must fit there too.
 */
const OPEN_OPERATIONS: ReadonlySet<number> = new Set([Operation.DiscoverVersions, Operation.Query]);

function admit(
  password: ClientPassword | null,
  credential: Credential | undefined,
  operations: readonly number[],
): void {
  if (credential === undefined && operations.every((operation) => OPEN_OPERATIONS.has(operation))) return;
  try {
    password?.admit(credential);
  } catch (error) {
    throw asKmipError(error);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'REFUSED';
}
