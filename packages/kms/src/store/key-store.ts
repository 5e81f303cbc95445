import { assert, type Entropy, exists, type FileSystem, type KeyId, makeFolders } from '@vcryptsim/ports';
import type { ManagedObject } from '../objects/managed-object.js';
import { isDestroyed } from '../objects/state-machine.js';
import type { ClientName } from '../terms/client-name.js';
import { KmsError } from '../terms/errors.js';
import type { Anchor } from './anchor.js';
import { Chain } from './chain.js';
import { copyLive } from './copy-live.js';
import { refuseFollower } from './follower-mark.js';
import { Journal, type JournalOptions } from './journal.js';
import type { JournalCopy } from './journal-copy.js';
import { frameBytes, type Landing } from './journal-format.js';
import type { IndexedAttribute } from './object-directory.js';
import { ObjectIndex } from './object-index.js';
import type { ObjectChange, ObjectStore, StoreReport, Usage } from './object-store.js';
import { readOldJournal } from './old-journal.js';
import { RootKey } from './root-key.js';
import { partsOf, placesOf, type SealedObject, sealObject } from './sealed-object.js';
import { checkRootKey, makeFacts } from './store-facts.js';
import { type StoreLimits, storeLimits } from './store-limits.js';

/** Where a store is, and what it needs of the world. */
export interface KeyStoreOptions {
  /** `DIR/store`. */
  readonly folder: string;
  /** File of the root key; made when the store is new. */
  readonly rootKeyPath: string;
  readonly files: FileSystem;
  readonly entropy: Entropy;
  /** Number of the audit log's last durable line. */
  readonly auditLine?: () => number;
  readonly limits?: StoreLimits;
  /** Remembers outside the folder how far the store is. */
  readonly anchor?: Anchor | undefined;
}

/**
 * All managed objects, in memory and in a journal, each sealed under the root key. What a reader sees is durable.
 *
 * Folder: `DIR/store/journal`. The journal's head holds the store's facts (store-facts.ts).
 */
export class KeyStore implements ObjectStore {
  readonly takesChanges = true;
  readonly #rootKey: RootKey;
  readonly #journal: Journal;
  readonly #index: ObjectIndex;
  readonly #limits: StoreLimits;
  /** The newest version of each object that is on its way to the medium: what the next change builds on. */
  readonly #pending: Map<KeyId, ManagedObject>;
  /** Objects whose end is durable while their material could not be overwritten yet, as they were before. */
  readonly #unwiped = new Map<KeyId, ManagedObject>();
  /** A rewriting that failed is not tried again before the journal is so long. */
  #rewriteFromBytes = 0;
  readonly #auditLine: number;

  private constructor(o: {
    rootKey: RootKey;
    journal: Journal;
    index: ObjectIndex;
    limits: StoreLimits;
    pending: Map<KeyId, ManagedObject>;
    auditLine: number;
  }) {
    this.#rootKey = o.rootKey;
    this.#journal = o.journal;
    this.#index = o.index;
    this.#limits = o.limits;
    this.#pending = o.pending;
    this.#auditLine = o.auditLine;
  }

  /**
   * Opens the store in a folder, or makes one there. A store of the first format is written anew in today's.
   *
   * @throws KmsError ROOT_KEY_MISSING, ROOT_KEY_MALFORMED, ROOT_KEY_WRONG, STORE_DAMAGED, STORE_UNWRITABLE,
   *   FOLLOWER_STORE; FileError
   */
  static async open(o: KeyStoreOptions): Promise<{ store: KeyStore; report: StoreReport }> {
    await makeFolders(o.files, o.folder);
    await refuseFollower(o.files, o.folder);
    const path = `${o.folder}/journal`;
    const isNew = !(await exists(o.files, path));
    const rootKey = await RootKey.load({ ...o, path: o.rootKeyPath, mayCreate: isNew });
    const pending = new Map<KeyId, ManagedObject>();
    const place = { ...o, path, rootKey, onRefused: () => pending.clear() };
    const index = new ObjectIndex(rootKey);
    try {
      const { journal, tornBytes, auditLine } = isNew
        ? await makeJournal(place)
        : await openJournal(place, index, o.rootKeyPath);
      const store = new KeyStore({ rootKey, journal, index, limits: o.limits ?? storeLimits, pending, auditLine });
      await store.#finishOpening();
      return { store, report: { objects: index.size, tornBytes } };
    } catch (error) {
      rootKey.dispose();
      throw error;
    }
  }

  /** Number of the last durable write. */
  get lastWrite(): number {
    return this.#journal.lastNumber;
  }

  /** Number of the audit log's last line that the journal knows of, 0 if none: as many lines at least were durable. */
  get auditLine(): number {
    return this.#auditLine;
  }

  /** A chain under a key of its own that comes from the root key. */
  chainFor(purpose: string): Chain {
    return new Chain(this.#rootKey, purpose, new Uint8Array(0));
  }

  /** Writes where the audit log is now, and nothing else. Throws KmsError STORE_UNWRITABLE. */
  noteAudit(): Promise<void> {
    const nothing = { entries: new Uint8Array(0), materials: new Uint8Array(0) };
    return this.#journal.append(nothing, { onDurable: () => {} });
  }

  /** The journal for those who copy it. */
  get journal(): JournalCopy {
    return this.#journal;
  }

  /** The object, as it is durable. */
  find(id: KeyId): ManagedObject | undefined {
    return this.#index.find(id);
  }

  /** All objects, as they are durable. */
  objects(): Iterable<ManagedObject> {
    return this.#index.objects();
  }

  ownedBy(owner: ClientName): Iterable<ManagedObject> {
    return this.#index.ownedBy(owner);
  }

  having(owner: ClientName, name: IndexedAttribute, text: string): readonly ManagedObject[] {
    return this.#index.having(owner, name, text);
  }

  usageOf(owner: ClientName): Usage {
    return this.#index.usageOf(owner);
  }

  /** Keeps new objects; resolves when all are durable. Throws KmsError STORE_FULL, STORE_UNWRITABLE. */
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
   * it throws passes through and nothing is written. When material went, it can be read in no file any more.
   *
   * An object whose end is durable, but whose material could not be overwritten, is offered to `change` as it was before
   * its end: so whoever destroys it again finishes that.
   *
   * @throws KmsError OBJECT_NOT_FOUND, OBJECT_TOO_LARGE; STORE_FULL; STORE_UNWRITABLE
   */
  async commit(o: {
    readonly added: readonly ManagedObject[];
    readonly changed: readonly ObjectChange[];
  }): Promise<ManagedObject[]> {
    const finished = await this.#finishDestroy(o.changed);
    if (finished) return finished;
    const pairs = o.changed.map(({ id, change }) => {
      const before = this.#pending.get(id) ?? this.find(id);
      if (!before) throw new KmsError('OBJECT_NOT_FOUND', 'There is no such object.');
      return { before, after: { ...change(before), version: before.version + 1 } };
    });
    for (const { id } of o.added) {
      assert(!this.find(id) && !this.#pending.has(id), `object ${id} exists already`);
    }
    const after = pairs.map((pair) => pair.after);
    const sealed = [
      ...o.added.map((object) => sealObject(this.#rootKey, object, null)),
      ...pairs.map((pair) => sealObject(this.#rootKey, pair.after, pair.before)),
    ];
    const isMore = o.added.length > 0 || pairs.some(({ before, after: next }) => takesMore(before, next));
    const ended = pairs.flatMap(({ before, after: next }) =>
      before.material && before.material !== next.material ? [before] : [],
    );
    await this.#write(sealed, ended, isMore);
    if (this.#isLong()) void this.#compactInPassing();
    return after;
  }

  /** Rewrites the journal with what matters still. Throws KmsError STORE_UNWRITABLE, STORE_DAMAGED. */
  compact(): Promise<void> {
    let moved = () => {};
    return this.#journal.rewrite(
      async (out, frames, bytesAt) => {
        const places = await copyLive({ frames, bytesAt }, this.#index, out);
        moved = () => this.#index.moveTo(places);
      },
      () => {
        moved();
        this.#unwiped.clear();
      },
    );
  }

  /** Waits for what is under way, closes the journal and forgets root key and objects. */
  async close(): Promise<void> {
    await this.#journal.close();
    this.#index.clear();
    this.#rootKey.dispose();
  }

  async #finishOpening(): Promise<void> {
    try {
      const lost = this.#index.incomplete;
      if (lost !== null) throw materialLost(lost);
      await this.#wipe();
    } catch (error) {
      await this.#journal.close();
      throw error;
    }
  }

  /** Overwrites the material of destroyed objects that an error or a cut left. */
  async #wipe(): Promise<void> {
    let ids: readonly KeyId[] = [];
    await this.#journal.wipe(() => {
      ids = this.#index.due;
      return this.#index.wipesDue(ids);
    });
    this.#noteWiped(ids);
  }

  #noteWiped(ids: readonly KeyId[]): void {
    this.#index.wiped(ids);
    for (const id of ids) this.#unwiped.delete(id);
  }

  /** Finishes the end of an object that is durable already; null when that is not what is asked for. */
  async #finishDestroy(changed: readonly ObjectChange[]): Promise<ManagedObject[] | null> {
    const [only] = changed;
    const before = only && changed.length === 1 ? this.#unwiped.get(only.id) : undefined;
    const after = only && this.find(only.id);
    if (!before || !after || !isDestroyed(only.change(before).state)) return null;
    await this.#wipe();
    return [after];
  }

  async #write(sealed: readonly SealedObject[], ended: readonly ManagedObject[], isMore: boolean): Promise<void> {
    const parts = partsOf(sealed);
    this.#refuseFull(frameBytes([parts]), isMore);
    for (const { object } of sealed) this.#pending.set(object.id, object);
    const ids = ended.map(({ id }) => id);
    await this.#journal.append(parts, {
      onDurable: (landing) => {
        for (const placed of placesOf(sealed, landing)) {
          const { object } = placed;
          this.#index.put(placed);
          if (this.#pending.get(object.id) === object) this.#pending.delete(object.id);
        }
        for (const before of ended) this.#unwiped.set(before.id, { ...before, material: null });
      },
      ...(ids.length > 0 && { wipes: () => this.#index.wipesDue(ids) }),
    });
    this.#noteWiped(ids);
  }

  /** What there is no room for is refused before anything is written; what ends or changes an object has some more. */
  #refuseFull(addedBytes: number, isMore: boolean): void {
    const { journalBytesMax, reserveBytes } = this.#limits;
    if (this.#journal.comingBytes + addedBytes <= journalBytesMax + (isMore ? 0 : reserveBytes)) return;
    throw new KmsError(
      'STORE_FULL',
      `The store has no room for more: its journal may be ${journalBytesMax} bytes long.`,
      'Destroy objects that are not needed any more, or begin another store.',
    );
  }

  /** Whether rewriting pays: what is dead outgrew what is alive, or the room is nearly gone and much of it is dead. */
  #isLong(): boolean {
    const { journalBytesMax, reserveBytes, deadBytesFloor } = this.#limits;
    const { lengthBytes } = this.#journal;
    const deadBytes = lengthBytes - this.#index.liveBytes;
    if (lengthBytes < this.#rewriteFromBytes) return false;
    if (deadBytes > this.#index.liveBytes + deadBytesFloor) return true;
    return lengthBytes > journalBytesMax * 0.875 && deadBytes > Math.max(reserveBytes, journalBytesMax) / 8;
  }

  /** A journal that stays long for want of room is no reason to refuse a change, and is tried again when it is longer. */
  async #compactInPassing(): Promise<void> {
    try {
      await this.compact();
      this.#rewriteFromBytes = 0;
    } catch {
      this.#rewriteFromBytes = this.#journal.lengthBytes + this.#limits.deadBytesFloor;
    }
  }
}

function takesMore(before: ManagedObject, after: ManagedObject): boolean {
  if (isDestroyed(after.state)) return false;
  return (
    after.attributes.length > before.attributes.length ||
    (after.material !== null && after.material !== before.material)
  );
}

/** Opens a journal of today's format, or writes one of an older format anew. */
async function openJournal(place: JournalOptions, index: ObjectIndex, rootKeyPath: string) {
  const check = (facts: Uint8Array) => checkRootKey(place.rootKey, facts, rootKeyPath);
  const old = await readOldJournal(place, check);
  if (!old) {
    let auditLine = 0;
    const opened = await Journal.open(place, check, ({ frame, startBytes }) => {
      index.take(index.open(frame), startBytes);
      if (frame.auditLine > 0) auditLine = frame.auditLine;
    });
    return { ...opened, auditLine };
  }
  const { facts, objects, lastNumber, tornBytes } = old;
  const journal = await Journal.create({ ...place, facts, lastNumber }, async (out) => {
    for (const object of objects.values()) {
      const sealed = [sealObject(place.rootKey, object, null)];
      const landed = (landing: Landing) => placesOf(sealed, landing).forEach((placed) => void index.put(placed));
      await out.add(partsOf(sealed), { objects: 1, landed });
    }
  });
  return { journal, tornBytes, auditLine: 0 };
}

async function makeJournal(place: JournalOptions & { readonly entropy: Entropy }) {
  const journal = await Journal.create({ ...place, facts: makeFacts(place.rootKey, place.entropy), lastNumber: 0 });
  return { journal, tornBytes: 0, auditLine: 0 };
}

function materialLost(id: KeyId): KmsError {
  return new KmsError(
    'STORE_DAMAGED',
    `The material of object ${id} was overwritten or changed, and the object was not destroyed.`,
    'Keep a copy of the folder, and restore it from a backup.',
  );
}
