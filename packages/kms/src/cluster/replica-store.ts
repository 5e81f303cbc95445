import { framesFrom, sourceOf } from '@vcryptsim/durable-log';
import { assert, type Entropy, equalBytes, exists, type FileSystem, type KeyId, makeFolders } from '@vcryptsim/ports';
import type { ManagedObject } from '../objects/managed-object.js';
import { Chain } from '../store/chain.js';
import { markFollower } from '../store/follower-mark.js';
import { Journal, type JournalOptions } from '../store/journal.js';
import { FORMAT, type Frame } from '../store/journal-format.js';
import { decodeHead } from '../store/journal-head.js';
import { bytesOf, type IndexedAttribute } from '../store/object-directory.js';
import { ObjectIndex } from '../store/object-index.js';
import type { ObjectStore, StoreReport, Usage } from '../store/object-store.js';
import { type OldJournal, readOldJournal } from '../store/old-journal.js';
import { RootKey } from '../store/root-key.js';
import { checkRootKey } from '../store/store-facts.js';
import { wholeJournal } from '../store/whole-journal.js';
import type { ClientName } from '../terms/client-name.js';
import { KmsError } from '../terms/errors.js';
import { notLeader } from './not-leader.js';

/** What a replica has of its leader's journal. */
export interface ReplicaPosition {
  readonly lengthBytes: number;
  /** The chain's value there. */
  readonly chain: Uint8Array;
}

/**
 * A follower's store: its journal is the beginning of the leader's, byte for byte, and it changes in two ways only: by
 * the leader's next writes, each whole, or by the journal that the leader rewrote. So what a reader sees is at every
 * moment what the leader had durable at some moment, and what the leader let go is in no file here either.
 */
export class ReplicaStore implements ObjectStore {
  readonly takesChanges = false;
  readonly #rootKey: RootKey;
  readonly #rootKeyPath: string;
  readonly #place: JournalOptions;
  /** Null until the first journal has come. */
  #journal: Journal | null = null;
  #index: ObjectIndex;
  /** What is served of a journal of the first format until the leader's journal of today's comes. */
  #old: OldJournal | null = null;
  /** A journal that ends before this write is too old to be taken. */
  #noneBefore = 0;

  private constructor(rootKey: RootKey, o: { rootKeyPath: string; files: FileSystem; path: string }) {
    this.#rootKey = rootKey;
    this.#rootKeyPath = o.rootKeyPath;
    this.#place = { ...o, rootKey, onRefused: () => {} };
    this.#index = new ObjectIndex(rootKey);
  }

  /**
   * Opens the copy in a folder, which may be empty still.
   *
   * @param o.rootKeyPath file of the leader's root key, brought here by the administrator
   * @throws KmsError ROOT_KEY_MISSING, ROOT_KEY_MALFORMED, ROOT_KEY_WRONG, STORE_DAMAGED; FileError
   */
  static async open(o: {
    readonly folder: string;
    readonly rootKeyPath: string;
    readonly files: FileSystem;
    readonly entropy: Entropy;
  }): Promise<{ store: ReplicaStore; report: StoreReport }> {
    await makeFolders(o.files, o.folder);
    await markFollower(o.files, o.folder);
    const path = `${o.folder}/journal`;
    const rootKey = await RootKey.load({ ...o, path: o.rootKeyPath, mayCreate: false });
    const store = new ReplicaStore(rootKey, { ...o, path });
    try {
      const tornBytes = (await exists(o.files, path)) ? await store.#read() : 0;
      return { store, report: { objects: [...store.objects()].length, tornBytes } };
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  get lastWrite(): number {
    return this.#journal?.lastNumber ?? this.#old?.lastNumber ?? 0;
  }

  /** Takes no journal that ends before that write, though nothing is here: what was here before it was lost had it. */
  takeNoneBefore(write: number): void {
    this.#noneBefore = write;
  }

  find(id: KeyId): ManagedObject | undefined {
    return this.#old ? this.#old.objects.get(id) : this.#index.find(id);
  }

  objects(): Iterable<ManagedObject> {
    return this.#old ? this.#old.objects.values() : this.#index.objects();
  }

  ownedBy(owner: ClientName): Iterable<ManagedObject> {
    return (this.#old?.objects ?? this.#index).ownedBy(owner);
  }

  having(owner: ClientName, name: IndexedAttribute, text: string): readonly ManagedObject[] {
    return (this.#old?.objects ?? this.#index).having(owner, name, text);
  }

  usageOf(owner: ClientName): Usage {
    if (!this.#old) return this.#index.usageOf(owner);
    const all = [...this.#old.objects.ownedBy(owner)];
    return { objects: all.length, bytes: all.reduce((sum, object) => sum + bytesOf(object), 0) };
  }

  /** A chain under a key of its own that comes from the root key. */
  chainFor(purpose: string): Chain {
    return new Chain(this.#rootKey, purpose, new Uint8Array(0));
  }

  /** Refused, like every change here. Throws KmsError NOT_LEADER. */
  async add(): Promise<never> {
    throw notLeader(null);
  }

  async change(): Promise<never> {
    throw notLeader(null);
  }

  async commit(): Promise<never> {
    throw notLeader(null);
  }

  /** Length of the journal that is here, 0 without one. */
  get lengthBytes(): number {
    return this.#journal?.lengthBytes ?? 0;
  }

  /** What is here, by which the leader knows where to go on. */
  get position(): ReplicaPosition {
    // A head alone says nothing: there is no frame whose chain could be compared.
    if (this.#journal === null || this.lastWrite === 0) return { lengthBytes: 0, chain: new Uint8Array(32) };
    return { lengthBytes: this.#journal.lengthBytes, chain: this.#journal.chainEnd };
  }

  /**
   * Takes the leader's next writes: all that are whole at the beginning of `bytes`. Each is readable when it is durable.
   *
   * @returns how many bytes were taken
   * @throws KmsError LEADER_UNREADABLE, STORE_UNWRITABLE; what was taken before stays
   */
  async take(bytes: Uint8Array): Promise<number> {
    const journal = this.#journal;
    assert(journal, 'the first journal comes whole');
    let takenBytes = 0;
    for await (const found of framesFrom(sourceOf(bytes), 0, FORMAT)) {
      if (!journal.follows(found.frame)) throw leaderUnreadable();
      const news = opened(() => this.#open(found.frame, this.#index));
      let ids: KeyId[] = [];
      const onDurable = (startBytes: number) => this.#index.take(news, startBytes);
      const wipes = () => {
        ids = this.#index.due;
        return this.#index.wipesDue(ids);
      };
      await journal.appendCopy(found, { onDurable, wipes });
      this.#index.wiped(ids);
      takenBytes = found.endBytes;
    }
    return takenBytes;
  }

  /**
   * Takes a whole journal of the leader in place of what is here; readable when it is durable.
   *
   * @param bytes materials of destroyed objects are overwritten in them
   * @throws KmsError ROOT_KEY_WRONG, LEADER_OTHER_STORE, LEADER_BEHIND, LEADER_UNREADABLE, STORE_UNWRITABLE; then all
   *   stays as it was
   */
  async takeWhole(bytes: Uint8Array): Promise<void> {
    const head = decodeHead(bytes);
    if (!head) throw leaderUnreadable();
    const facts = this.#journal?.facts ?? this.#old?.facts;
    if (facts && !equalBytes(facts, head.facts)) throw otherStore();
    checkRootKey(this.#rootKey, head.facts, this.#rootKeyPath);
    const index = new ObjectIndex(this.#rootKey);
    const lastNumber = await wholeJournal(bytes, this.#rootKey, ({ frame, startBytes }) => {
      index.take(
        opened(() => this.#open(frame, index)),
        startBytes,
      );
    });
    if (lastNumber === null) throw leaderUnreadable();
    this.#refuseOlder(index, lastNumber);
    // What was destroyed at the leader while it was being sent shall not reach this disk.
    for (const wipe of index.wipesDue(index.due)) bytes.set(wipe.bytes, wipe.offsetBytes);
    index.wiped(index.due);
    const journal = await Journal.adopt(this.#place, bytes);
    await this.#journal?.close();
    this.#journal = journal;
    this.#index = index;
    this.#old = null;
  }

  async close(): Promise<void> {
    await this.#journal?.close();
    this.#index.clear();
    this.#old?.objects.clear();
    this.#rootKey.dispose();
  }

  /** Reads what is here; answers how many bytes of an unfinished write there were. */
  async #read(): Promise<number> {
    const check = (facts: Uint8Array) => checkRootKey(this.#rootKey, facts, this.#rootKeyPath);
    this.#old = await readOldJournal(this.#place, check);
    if (this.#old) return this.#old.tornBytes;
    const { journal, tornBytes } = await Journal.open(this.#place, check, ({ frame, startBytes }) =>
      this.#index.take(this.#index.open(frame), startBytes),
    );
    this.#journal = journal;
    const ids = this.#index.due;
    await journal.wipe(() => this.#index.wipesDue(ids));
    this.#index.wiped(ids);
    return tornBytes;
  }

  /** Opens a frame of the leader, in which every material is whole or wiped. */
  #open(frame: Frame, index: ObjectIndex) {
    if (frame.entries.some((entry) => entry.kind === 'material' && entry.condition === 'broken'))
      throw leaderUnreadable();
    return index.open(frame);
  }

  /** A leader that lost writes, restored from a backup for one, must not take keys away from those who have them still. */
  #refuseOlder(index: ObjectIndex, lastNumber: number): void {
    const isOlder = (before: ManagedObject) => {
      const after = index.latest(before.id);
      return after === undefined || after.version < before.version || after.owner !== before.owner;
    };
    if (lastNumber >= Math.max(this.lastWrite, this.#noneBefore) && ![...this.objects()].some(isOlder)) return;
    throw new KmsError(
      'LEADER_BEHIND',
      'The leader lacks writes that were copied from it: it was restored from an older backup, or is not the leader.',
      "Keep this folder, compare the two nodes' keys, and begin with an empty folder if the leader is right.",
    );
  }
}

/** What is damage in a file of ours is the leader's fault in what it sent. */
function opened<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw error instanceof KmsError && error.code === 'STORE_DAMAGED' ? leaderUnreadable() : error;
  }
}

/** What a leader sent is no continuation of what is here. */
export function leaderUnreadable(): KmsError {
  return new KmsError(
    'LEADER_UNREADABLE',
    'What the leader sent does not continue the copy on this node.',
    "Check the leader's own folder: its store may be damaged.",
  );
}

function otherStore(): KmsError {
  return new KmsError(
    'LEADER_OTHER_STORE',
    'The node at that address has another store than the one that was followed so far.',
    'Check --follow, or begin with an empty folder.',
  );
}
