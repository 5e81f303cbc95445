import type { RevocationReason } from '@vcryptsim/kmip-lite';
import { PkiError } from '@vcryptsim/pki';
import { type Clock, type EventSink, FileError, type KeyId } from '@vcryptsim/ports';
import type { AdminOutcome } from '../audit/audit-line.js';
import type { AuditLog } from '../audit/audit-log.js';
import type { BackupReport } from '../backup/backup-report.js';
import type { ClusterStatus } from '../cluster/cluster-status.js';
import { standardValue } from '../objects/attributes.js';
import type { ManagedObject, ObjectPart } from '../objects/managed-object.js';
import { isDestroyed } from '../objects/state-machine.js';
import { activated } from '../operations/activate.js';
import { archived, recovered } from '../operations/archive.js';
import { destroyed } from '../operations/destroy.js';
import { isArchived } from '../operations/operation-context.js';
import { revoked } from '../operations/revoke.js';
import type { ObjectStore } from '../store/object-store.js';
import type { ClientName } from '../terms/client-name.js';
import { KmsError } from '../terms/errors.js';
import type { KmsEvent } from '../terms/events.js';
import type { AdminAction, AdminAnswer, Administrator, AdminRequest } from './admin-request.js';
import { describe, type KeySummary, readable, stateShown, summarize } from './key-summary.js';

/** Who lets clients and followers in and shuts them out; each change comes with an audit line of its own. */
export interface Registration {
  addClient(o: { readonly name: string; readonly certificate: Uint8Array }): Promise<ClientName>;
  addAuthority(o: { readonly name: string; readonly certificate: Uint8Array }): Promise<ClientName>;
  setPassword(o: { readonly name: string; readonly record: Uint8Array }): Promise<ClientName>;
  /** Resolves with how many connections of the client were closed. */
  revokeClient(name: string): Promise<number>;
  addFollower(o: { readonly name: string; readonly certificate: Uint8Array }): Promise<ClientName>;
  revokeFollower(name: string): Promise<number>;
}

/** What an administrator works on. */
export interface AdministrationParts {
  readonly store: ObjectStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly events: EventSink<KmsEvent>;
  readonly registration: Registration;
  readonly cluster: () => ClusterStatus;
  /** Told of each error that nobody expected; it was answered with UNEXPECTED. */
  readonly onFault: (error: unknown, action: AdminAction) => void;
  /** `beforeFinish` runs when all is copied and nobody can see it yet; what it throws leaves nothing there. */
  readonly backUp: (out: string, beforeFinish: () => Promise<void>) => Promise<BackupReport>;
}

/** Actions whose audit line is written with the change itself. */
const NOTED_BY_THEMSELVES: ReadonlySet<AdminAction> = new Set<AdminAction>([
  'client.add',
  'client.authority',
  'client.password',
  'client.revoke',
  'follower.add',
  'follower.revoke',
  'backup',
]);

/** What an action does to an object, and how to see that it is done already. */
interface KeyChange {
  readonly change: (object: ManagedObject) => ObjectPart;
  readonly isDone: (object: ManagedObject) => boolean;
}

/**
 * The administrator of a key server: sees every object of every client, moves it through its life cycle, and never its
 * bytes. What is asked and what came of it stands in the audit log before the answer leaves.
 *
 * What is so already is answered with success: when a change was made and its audit line could not be, the same request
 * again writes the line and succeeds, also after a restart.
 */
export class Administration implements Administrator {
  readonly #parts: AdministrationParts;

  constructor(parts: AdministrationParts) {
    this.#parts = parts;
  }

  /**
   * @throws KmsError OBJECT_NOT_FOUND, OBJECT_ARCHIVED, NO_STATE, WRONG_STATE, NOT_LEADER, STORE_UNWRITABLE, CLIENT_*,
   *   ROOT_KEY_*, BACKUP_*
   */
  async perform<Action extends AdminAction>(request: AdminRequest<Action>): Promise<AdminAnswer<Action>> {
    return (await this.#perform(request as AdminRequest)) as AdminAnswer<Action>;
  }

  async #perform(request: AdminRequest): Promise<AdminAnswer> {
    try {
      const answer = await this.#do(request);
      if (!NOTED_BY_THEMSELVES.has(request.action)) await this.#noteSuccess(request);
      return answer;
    } catch (error) {
      const known = asRefusal(error);
      if (known === null) this.#parts.onFault(error, request.action);
      const refusal = known ?? unexpected();
      const { code } = refusal;
      // Where nothing can be written, the refusal still reaches its asker: it changed nothing that needs a line.
      await this.#note(request, { status: 'Refused', code, stored: this.#parts.store.lastWrite }).catch(() => {});
      throw refusal;
    }
  }

  #do(request: AdminRequest): Promise<AdminAnswer> {
    const { store, clock, registration, cluster, backUp } = this.#parts;
    const nowMs = clock.nowMs;
    switch (request.action) {
      case 'key.list':
        return Promise.resolve([...store.objects()].map((object) => summarize(object, nowMs)));
      case 'key.show':
        return this.#show(request.id, nowMs);
      case 'key.activate':
      case 'key.revoke':
      case 'key.destroy':
      case 'key.archive':
      case 'key.recover':
        return this.#change(request.id, nowMs, keyChange(request, nowMs));
      case 'client.add':
        return registration.addClient(certified(request)).then((client) => ({ client }));
      case 'client.authority':
        return registration.addAuthority(certified(request)).then((client) => ({ client }));
      case 'client.password':
        return registration
          .setPassword({ name: request.name, record: bytesOf(request.record) })
          .then((client) => ({ client }));
      case 'client.revoke':
        return registration.revokeClient(request.name).then((closedConnections) => ({ closedConnections }));
      case 'follower.add':
        return registration.addFollower(certified(request)).then((follower) => ({ follower }));
      case 'follower.revoke':
        return registration.revokeFollower(request.name).then((closedConnections) => ({ closedConnections }));
      case 'status':
        return Promise.resolve(cluster());
      case 'backup':
        return backUp(request.out, () => this.#noteSuccess(request));
    }
  }

  async #show(id: KeyId, nowMs: number): Promise<AdminAnswer<'key.show'>> {
    return describe(this.#find(id), nowMs);
  }

  async #change(id: KeyId, nowMs: number, { change, isDone }: KeyChange): Promise<KeySummary> {
    const { store, events } = this.#parts;
    const before = atMoment(this.#find(id), nowMs);
    if (isDone(before)) return summarize(before, nowMs);
    const after = await store.change(id, (newest) => {
      const object = atMoment(newest, nowMs);
      return { ...object, ...change(object) };
    });
    if (after.state !== before.state) {
      events.emit({ type: 'KEY_STATE_CHANGED', keyId: id, from: before.state, to: after.state });
    }
    return summarize(after, nowMs);
  }

  #find(id: KeyId): ManagedObject {
    const object = this.#parts.store.find(id);
    if (object) return object;
    throw new KmsError(
      'OBJECT_NOT_FOUND',
      `There is no object ${JSON.stringify(id.slice(0, 128))}.`,
      'See what there is: vcryptsim kms key list',
    );
  }

  #noteSuccess(request: AdminRequest): Promise<void> {
    return this.#note(request, { status: 'Success', stored: this.#parts.store.lastWrite });
  }

  #note(request: AdminRequest, outcome: AdminOutcome): Promise<void> {
    return this.#parts.audit.append({ event: 'ADMIN', action: request.action, ...subjectOf(request), ...outcome });
  }
}

function keyChange(request: AdminRequest<KeyAction>, nowMs: number): KeyChange {
  switch (request.action) {
    case 'key.activate':
      return { change: (object) => activated(object, nowMs), isDone: ({ state }) => state === 'Active' };
    case 'key.revoke': {
      const reason = { code: request.reason, message: request.message };
      return { change: (object) => revoked(object, nowMs, reason), isDone: (object) => isRevokedFor(object, reason) };
    }
    case 'key.destroy':
      return { change: (object) => destroyed(object, nowMs), isDone: ({ state }) => isDestroyed(state) };
    case 'key.archive':
      return { change: (object) => archived(object, nowMs), isDone: isArchived };
    case 'key.recover':
      return { change: (object) => recovered(object, nowMs), isDone: (object) => !isArchived(object) };
  }
}

type KeyAction = 'key.activate' | 'key.revoke' | 'key.destroy' | 'key.archive' | 'key.recover';

/** Whether an object was revoked for that reason before. */
function isRevokedFor(object: ManagedObject, { code }: RevocationReason): boolean {
  if (object.state === 'PreActive' || object.state === 'Active') return false;
  return readable(() => standardValue(object, 'Revocation Reason')?.code) === code;
}

function atMoment(object: ManagedObject, nowMs: number): ManagedObject {
  return { ...object, state: stateShown(object, nowMs) };
}

function certified(request: { readonly name: string; readonly certificate: string }) {
  return { name: request.name, certificate: bytesOf(request.certificate) };
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, 'base64'));
}

/** What a request is about, as the audit log names it. */
function subjectOf(request: AdminRequest): { readonly keyId?: string; readonly client?: string } {
  if ('id' in request) return { keyId: request.id.slice(0, 128) };
  if ('name' in request) return { client: request.name.slice(0, 128) };
  return {};
}

/** What an administrator is told of a mistake of ours: nothing of its cause, which stands on standard error. */
export function unexpected(): KmsError {
  return new KmsError(
    'UNEXPECTED',
    'The key server had an unexpected error; it keeps running.',
    'See what it wrote on standard error, and whether the change was made.',
  );
}

/** What cannot be done for want of room or of a good certificate is a refusal too; null for our own mistakes. */
function asRefusal(error: unknown): KmsError | null {
  if (error instanceof KmsError) return error;
  if (error instanceof FileError) {
    const nextStep = 'Check that path, its owner and the room there, then try again.';
    return new KmsError('STORE_UNWRITABLE', `The key server cannot use ${error.path}: ${error.code}.`, nextStep);
  }
  return error instanceof PkiError ? new KmsError('CLIENT_CERTIFICATE_INVALID', error.message) : null;
}
