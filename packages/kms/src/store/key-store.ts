import { assert, type Entropy, exists, type FileSystem, type KeyId, makeFolders } from '@vcryptsim/ports';
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../managed-object.js';
import { refuseFollower } from './follower-mark.js';
import { Journal, type JournalCopy } from './journal.js';
import type { ObjectChange, ObjectStore, StoreReport } from './object-store.js';
import { RootKey } from './root-key.js';
import { checkOrder, openRecord, sealRecord } from './sealed-record.js';
import { checkRootKey, makeFacts } from './store-facts.js';

/** A journal is rewritten when it has grown to this many times what its objects take. */
const REWRITE_FACTOR = 4;
const REWRITE_FLOOR_BYTES = 1024 * 1024;

/**
 * All managed objects, in memory and in a journal, each sealed under the root key. What a reader sees is durable.
 *
 * Folder: `DIR/store/journal`. The journal's head holds the store's facts (store-facts.ts).
 */
export class KeyStore implements ObjectStore {
  readonly takesChanges = true;
  readonly #rootKey: RootKey;
  readonly #journal: Journal;
  readonly #facts: Uint8Array;
  readonly #objects = new Map<KeyId, ManagedObject>();
  /** The newest version of each object that is on its way to the medium: what the next change builds on. */
  readonly #pending: Map<KeyId, ManagedObject>;
  /** Each object's durable version as it stands in the journal: to seal all again for a rewrite would hold everybody up. */
  readonly #sealed = new Map<KeyId, Uint8Array>();
  #liveBytes = 0;

  private constructor(rootKey: RootKey, journal: Journal, facts: Uint8Array, pending: Map<KeyId, ManagedObject>) {
    this.#rootKey = rootKey;
    this.#journal = journal;
    this.#facts = facts;
    this.#pending = pending;
  }

  /**
   * Opens the store in a folder, or makes one there.
   *
   * @param o.rootKeyPath file of the root key; made when the store is new
   * @throws KmsError ROOT_KEY_MISSING, ROOT_KEY_MALFORMED, ROOT_KEY_WRONG, STORE_DAMAGED, FOLLOWER_STORE; FileError
   */
  static async open(o: {
    readonly folder: string;
    readonly rootKeyPath: string;
    readonly files: FileSystem;
    readonly entropy: Entropy;
  }): Promise<{ store: KeyStore; report: StoreReport }> {
    await makeFolders(o.files, o.folder);
    await refuseFollower(o.files, o.folder);
    const path = `${o.folder}/journal`;
    const isNew = !(await exists(o.files, path));
    const rootKey = await RootKey.load({ ...o, path: o.rootKeyPath, mayCreate: isNew });
    const pending = new Map<KeyId, ManagedObject>();
    const place = { files: o.files, path, onRefused: () => pending.clear() };
    if (isNew) {
      const facts = makeFacts(rootKey, o.entropy);
      const store = new KeyStore(rootKey, await Journal.create(place, facts), facts, pending);
      return { store, report: { objects: 0, tornBytes: 0 } };
    }
    const { journal, content } = await Journal.open(place);
    try {
      checkRootKey(rootKey, content.facts, o.rootKeyPath);
      const store = new KeyStore(rootKey, journal, content.facts, pending);
      const hasRemains = store.#replay(content.records);
      if (hasRemains) await store.compact();
      return { store, report: { objects: store.#objects.size, tornBytes: content.tornBytes } };
    } catch (error) {
      await journal.close();
      rootKey.dispose();
      throw error;
    }
  }

  /** Number of the last durable write. */
  get lastWrite(): number {
    return this.#journal.lastNumber;
  }

  /** The journal for those who copy it. */
  get journal(): JournalCopy {
    return this.#journal;
  }

  /** The object, as it is durable. */
  find(id: KeyId): ManagedObject | undefined {
    return this.#objects.get(id);
  }

  /** All objects, as they are durable. */
  objects(): Iterable<ManagedObject> {
    return this.#objects.values();
  }

  /** Keeps new objects; resolves when all are durable. Throws KmsError STORE_UNWRITABLE. */
  async add(...objects: readonly ManagedObject[]): Promise<void> {
    await this.commit({ added: objects, changed: [] });
  }

  /** Changes one object: {@link commit}. Resolves with its new version. */
  async change(id: KeyId, change: ObjectChange['change']): Promise<ManagedObject> {
    const [after] = await this.commit({ added: [], changed: [{ id, change }] });
    assert(after, 'one change has one result');
    return after;
  }

  /**
   * Keeps new objects and changes others, all or nothing; resolves with the new versions of the changed ones when that
   * is durable. Each `change` is given the newest version, one that is still on its way included, and runs at once; what
   * it throws passes through and nothing is written. When material went, it is in no file any more.
   *
   * @throws KmsError OBJECT_NOT_FOUND, STORE_UNWRITABLE
   */
  async commit(o: {
    readonly added: readonly ManagedObject[];
    readonly changed: readonly ObjectChange[];
  }): Promise<ManagedObject[]> {
    const pairs = o.changed.map(({ id, change }) => {
      const before = this.#pending.get(id) ?? this.#objects.get(id);
      if (!before) throw new KmsError('OBJECT_NOT_FOUND', 'There is no such object.');
      return { before, after: { ...change(before), version: before.version + 1 } };
    });
    for (const { id } of o.added) {
      assert(!this.#objects.has(id) && !this.#pending.has(id), `object ${id} exists already`);
    }
    const after = pairs.map((pair) => pair.after);
    const objects = [...o.added, ...after];
    if (pairs.some((pair) => pair.before.material && !pair.after.material)) {
      await this.#journal.hiddenFromCopies(async () => {
        await this.#write(objects);
        await this.compact();
      });
      return after;
    }
    await this.#write(objects);
    // The change itself is durable: a journal that stays long for want of room is no reason to refuse it.
    if (this.#isLong()) await this.compact().catch(() => {});
    return after;
  }

  /** Rewrites the journal with the newest versions only: older ones, and the material of destroyed objects, are gone. */
  compact(): Promise<void> {
    return this.#journal.rewrite(this.#facts, () => {
      const records = [...this.#sealed.values()];
      this.#liveBytes = records.reduce((sum, record) => sum + record.length, 0);
      return records;
    });
  }

  /** Waits for what is under way, closes the journal and forgets root key and objects. */
  async close(): Promise<void> {
    await this.#journal.close();
    this.#objects.clear();
    this.#sealed.clear();
    this.#rootKey.dispose();
  }

  #isLong(): boolean {
    return this.#journal.lengthBytes > REWRITE_FLOOR_BYTES + REWRITE_FACTOR * this.#liveBytes;
  }

  async #write(objects: readonly ManagedObject[]): Promise<void> {
    const records = objects.map((object) => sealRecord(this.#rootKey, object));
    for (const object of objects) this.#pending.set(object.id, object);
    await this.#journal.append(records, () => {
      for (const [place, object] of objects.entries()) {
        const record = records[place];
        assert(record, 'each object has its record');
        if (!this.#objects.has(object.id)) this.#liveBytes += record.length;
        this.#objects.set(object.id, object);
        this.#sealed.set(object.id, record);
        if (this.#pending.get(object.id) === object) this.#pending.delete(object.id);
      }
    });
  }

  /** Answers whether material of destroyed objects is still in the journal, as after a cut between the two steps. */
  #replay(records: readonly Uint8Array[]): boolean {
    let hasRemains = false;
    for (const record of records) {
      const object = openRecord(this.#rootKey, record);
      const before = this.#objects.get(object.id);
      checkOrder(before, object);
      if (before?.material && !object.material) hasRemains = true;
      if (!before) this.#liveBytes += record.length;
      this.#objects.set(object.id, object);
      this.#sealed.set(object.id, new Uint8Array(record)); // a view would keep the whole journal in memory
    }
    return hasRemains;
  }
}
