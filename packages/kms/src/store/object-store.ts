import type { KeyId } from '@vcryptsim/ports';
import type { ManagedObject } from '../objects/managed-object.js';
import type { ClientName } from '../terms/client-name.js';
import type { IndexedAttribute } from './object-directory.js';

/** A change of one object. */
export interface ObjectChange {
  readonly id: KeyId;
  readonly change: (object: ManagedObject) => Omit<ManagedObject, 'version'>;
}

/** What opening a store found. */
export interface StoreReport {
  readonly objects: number;
  /** Bytes of a last write that a cut left unfinished; no answer had left for it. */
  readonly tornBytes: number;
}

/** How much a client has in a store. */
export interface Usage {
  readonly objects: number;
  /** Bytes of the journal that its objects take, destroyed ones included. */
  readonly bytes: number;
}

/** All managed objects as operations see them; what a reader sees is durable. */
export interface ObjectStore {
  /** Whether changes can be made here; a follower's store changes only as its leader's does. */
  readonly takesChanges: boolean;
  /** Number of the last durable write. */
  readonly lastWrite: number;
  find(id: KeyId): ManagedObject | undefined;
  objects(): Iterable<ManagedObject>;
  /** One client's objects, oldest first; the others are not looked at. */
  ownedBy(owner: ClientName): Iterable<ManagedObject>;
  /** One client's objects with that text in that attribute, oldest first; the others are not looked at. */
  having(owner: ClientName, name: IndexedAttribute, text: string): readonly ManagedObject[];
  /** How much a client has here, as it is durable; kept while changes are made, not counted when asked for. */
  usageOf(owner: ClientName): Usage;
  /** Keeps new objects; resolves when all are durable. Throws KmsError STORE_FULL, STORE_UNWRITABLE, NOT_LEADER. */
  add(...objects: readonly ManagedObject[]): Promise<void>;
  /** Changes one object; resolves with its new version when that is durable. Throws as {@link commit}. */
  change(id: KeyId, change: ObjectChange['change']): Promise<ManagedObject>;
  /**
   * Keeps new objects and changes others, all or nothing.
   *
   * @throws KmsError OBJECT_NOT_FOUND, OBJECT_TOO_LARGE, STORE_FULL, STORE_UNWRITABLE, NOT_LEADER
   */
  commit(o: {
    readonly added: readonly ManagedObject[];
    readonly changed: readonly ObjectChange[];
  }): Promise<ManagedObject[]>;
  close(): Promise<void>;
}
