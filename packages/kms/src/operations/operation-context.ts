import type { Credential } from '@vcryptsim/kmip-lite';
import type { OperationCall } from '@vcryptsim/kmip-lite/server';
import type { Entropy, EventSink, KeyId, KeyPairSource, KeyServerName } from '@vcryptsim/ports';
import { standardValue } from '../objects/attributes.js';
import type { ManagedObject, ObjectPart } from '../objects/managed-object.js';
import { stateAt } from '../objects/state-machine.js';
import type { IndexedAttribute } from '../store/object-directory.js';
import type { ObjectStore } from '../store/object-store.js';
import type { ClientName } from '../terms/client-name.js';
import { KmsError } from '../terms/errors.js';
import type { KmsEvent } from '../terms/events.js';
import type { Quotas } from '../terms/quotas.js';
import type { MessageWork } from './message-work.js';
import type { PendingOperations } from './pending-operations.js';

/** Who is connected to which node, and what operations work on. */
export interface OperationContext {
  readonly node: KeyServerName;
  readonly client: ClientName;
  readonly store: ObjectStore;
  readonly pending: PendingOperations;
  /** Whose turn it is among the default members of each group; forgotten when the server stops. */
  readonly nextGroupMember: Map<string, number>;
  readonly entropy: Entropy;
  readonly keyPairs: KeyPairSource;
  /** What a client may keep; the defaults if missing. */
  readonly quotas?: Quotas | undefined;
  /** Work of the message under way; unbounded if missing. */
  readonly work?: MessageWork | undefined;
  readonly events: EventSink<KmsEvent>;
}

/** A call to one of our operations. */
export type Call = OperationCall<OperationContext>;

/**
 * The object of that identifier as it is now.
 *
 * @throws KmsError OBJECT_NOT_FOUND when there is none or another client's; USER_NOT_OWNER when this client created it
 *   under another user name (design.md section 8)
 */
export function ownObject(uniqueIdentifier: string, call: Call): ManagedObject {
  return asOwn(call.context.store.find(uniqueIdentifier as KeyId), call);
}

/**
 * Changes the object of that identifier; resolves when the change is durable. `change` is given the newest version, as
 * it is now, and answers what differs.
 *
 * @throws KmsError as {@link ownObject}, STORE_UNWRITABLE, and what `change` throws
 */
export async function changeOwnObject(
  uniqueIdentifier: string,
  call: Call,
  change: (object: ManagedObject) => ObjectPart,
): Promise<ManagedObject> {
  const { store, events } = call.context;
  const { id, state: from } = ownObject(uniqueIdentifier, call);
  const after = await store.change(id, (newest) => {
    const before = asOwn(newest, call);
    return { ...before, ...change(before) };
  });
  if (after.state !== from) events.emit({ type: 'KEY_STATE_CHANGED', keyId: id, from, to: after.state });
  return after;
}

/** Every object that this request may use, oldest first. */
export function* ownObjects(call: Call): Iterable<ManagedObject> {
  const user = userOf(call.credential);
  for (const object of call.context.store.ownedBy(call.context.client)) {
    if (object.user === null || object.user === user) yield object;
  }
}

/** Those of them with that text in that attribute. */
export function ownObjectsHaving(name: IndexedAttribute, text: string, call: Call): ManagedObject[] {
  const user = userOf(call.credential);
  const found = call.context.store.having(call.context.client, name, text);
  return found.filter((object) => object.user === null || object.user === user);
}

/** Says whether an object was archived and not recovered. */
export function isArchived(object: Pick<ManagedObject, 'attributes'>): boolean {
  return standardValue(object, 'Archive Date') !== undefined;
}

/** Refuses what cannot be done with an archived object. Throws KmsError OBJECT_ARCHIVED. */
export function refuseArchived(object: Pick<ManagedObject, 'attributes'>): void {
  if (isArchived(object)) throw new KmsError('OBJECT_ARCHIVED', 'The object is archived.');
}

/** Name in a header's credential: whose objects a request makes and may use. */
export function userOf(credential: Credential | undefined): string | null {
  if (!credential) return null;
  if (credential.type === 'UsernameAndPassword') return `user:${credential.username}`;
  if (credential.type === 'Attestation') return null;
  const { deviceSerialNumber, deviceIdentifier, networkIdentifier, machineIdentifier, mediaIdentifier } = credential;
  return `device:${JSON.stringify([deviceSerialNumber, deviceIdentifier, networkIdentifier, machineIdentifier, mediaIdentifier])}`;
}

function asOwn(object: ManagedObject | undefined, call: Call): ManagedObject {
  if (object?.owner !== call.context.client) throw new KmsError('OBJECT_NOT_FOUND', 'There is no such object.');
  if (object.user !== null && object.user !== userOf(call.credential)) {
    throw new KmsError('USER_NOT_OWNER', 'The object was created under another user name.');
  }
  return { ...object, state: stateAt(object, call.nowMs) };
}
