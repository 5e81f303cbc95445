import { PkiError } from '@vcryptsim/pki';
import { type Clock, type EventSink, FileError, type KeyId } from '@vcryptsim/ports';
import type { AdminOutcome } from '../audit/audit-line.js';
import type { AuditLog } from '../audit/audit-log.js';
import type { BackupReport } from '../backup/backup-report.js';
import type { ClientName } from '../clients/client-name.js';
import type { ClusterStatus } from '../cluster/cluster-status.js';
import { KmsError } from '../errors.js';
import type { KmsEvent } from '../events.js';
import type { ManagedObject, ObjectPart } from '../managed-object.js';
import { activated } from '../operations/activate.js';
import { archived, recovered } from '../operations/archive.js';
import { destroyed } from '../operations/destroy.js';
import { revoked } from '../operations/revoke.js';
import { stateAt } from '../state-machine.js';
import type { ObjectStore } from '../store/object-store.js';
import type { AdminAction, AdminAnswer, Administrator, AdminRequest } from './admin-request.js';
import { describe, type KeySummary, summarize } from './key-summary.js';

/** What an administrator works on. */
export interface AdministrationParts {
  readonly store: ObjectStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly events: EventSink<KmsEvent>;
  readonly addClient: (o: { readonly name: string; readonly certificate: Uint8Array }) => Promise<ClientName>;
  /** Resolves with how many connections of the client were closed. */
  readonly revokeClient: (name: string) => Promise<number>;
  readonly cluster: () => ClusterStatus;
  readonly backUp: (out: string) => Promise<BackupReport>;
}

/**
 * The administrator of a key server: sees every object of every client, moves it through its life cycle, and never its
 * bytes. What is asked and what came of it stands in the audit log before the answer leaves.
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
    const { store } = this.#parts;
    try {
      const answer = await this.#do(request);
      await this.#note(request, { status: 'Success', stored: store.lastWrite });
      return answer;
    } catch (error) {
      const refusal = asRefusal(error);
      if (!(refusal instanceof KmsError)) throw refusal;
      await this.#note(request, { status: 'Refused', code: refusal.code, stored: store.lastWrite });
      throw refusal;
    }
  }

  #do(request: AdminRequest): Promise<AdminAnswer> {
    const nowMs = this.#parts.clock.nowMs;
    switch (request.action) {
      case 'key.list':
        return Promise.resolve([...this.#parts.store.objects()].map((object) => summarize(object, nowMs)));
      case 'key.show':
        return this.#show(request.id, nowMs);
      case 'key.activate':
        return this.#change(request.id, nowMs, (object) => activated(object, nowMs));
      case 'key.revoke': {
        const reason = { code: request.reason, message: request.message };
        return this.#change(request.id, nowMs, (object) => revoked(object, nowMs, reason));
      }
      case 'key.destroy':
        return this.#change(request.id, nowMs, (object) => destroyed(object, nowMs));
      case 'key.archive':
        return this.#change(request.id, nowMs, (object) => archived(object, nowMs));
      case 'key.recover':
        return this.#change(request.id, nowMs, (object) => recovered(object, nowMs));
      case 'client.add':
        return this.#addClient(request.name, Uint8Array.from(Buffer.from(request.certificate, 'base64')));
      case 'client.revoke':
        return this.#parts.revokeClient(request.name).then((closedConnections) => ({ closedConnections }));
      case 'status':
        return Promise.resolve(this.#parts.cluster());
      case 'backup':
        return this.#parts.backUp(request.out);
    }
  }

  async #show(id: KeyId, nowMs: number): Promise<AdminAnswer<'key.show'>> {
    return describe(this.#find(id), nowMs);
  }

  async #addClient(name: string, certificate: Uint8Array): Promise<AdminAnswer<'client.add'>> {
    return { client: await this.#parts.addClient({ name, certificate }) };
  }

  async #change(id: KeyId, nowMs: number, change: (object: ManagedObject) => ObjectPart): Promise<KeySummary> {
    const { store, events } = this.#parts;
    const from = stateAt(this.#find(id), nowMs);
    const after = await store.change(id, (newest) => {
      const object = { ...newest, state: stateAt(newest, nowMs) };
      return { ...object, ...change(object) };
    });
    if (after.state !== from) events.emit({ type: 'KEY_STATE_CHANGED', keyId: id, from, to: after.state });
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

  #note(request: AdminRequest, outcome: AdminOutcome): Promise<void> {
    return this.#parts.audit.append({ event: 'ADMIN', action: request.action, ...subjectOf(request), ...outcome });
  }
}

/** What a request is about, as the audit log names it. */
function subjectOf(request: AdminRequest): { readonly keyId?: string; readonly client?: string } {
  if ('id' in request) return { keyId: request.id.slice(0, 128) };
  if ('name' in request) return { client: request.name.slice(0, 128) };
  return {};
}

/** What cannot be done for want of room or of a good certificate is a refusal too; anything else is our own mistake. */
function asRefusal(error: unknown): unknown {
  if (error instanceof FileError) {
    const nextStep = 'Check that path, its owner and the room there, then try again.';
    return new KmsError('STORE_UNWRITABLE', `The key server cannot use ${error.path}: ${error.code}.`, nextStep);
  }
  if (error instanceof PkiError) return new KmsError('CLIENT_CERTIFICATE_INVALID', error.message);
  return error;
}
