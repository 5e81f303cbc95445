import { createHash } from 'node:crypto';
import { assert, type Entropy, exists, type FileSystem, type KeyId, makeFolders, readWhole } from '@vcryptsim/ports';
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../managed-object.js';
import { markFollower } from '../store/follower-mark.js';
import { JOURNAL_BYTES_MAX, Journal } from '../store/journal.js';
import { decodeFrame, decodeHead } from '../store/journal-format.js';
import type { ObjectStore, StoreReport } from '../store/object-store.js';
import { RootKey } from '../store/root-key.js';
import { checkOrder, openRecord } from '../store/sealed-record.js';
import { checkRootKey } from '../store/store-facts.js';
import { notLeader } from './not-leader.js';

type Objects = Map<KeyId, ManagedObject>;

/** What a replica has of its leader's journal. */
export interface ReplicaPosition {
  readonly lengthBytes: number;
  readonly sha256: Uint8Array;
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
  readonly #files: FileSystem;
  readonly #path: string;
  /** Null until the first journal has come. */
  #journal: Journal | null = null;
  #facts: Uint8Array = new Uint8Array(0);
  #objects: Objects = new Map();

  private constructor(rootKey: RootKey, o: { rootKeyPath: string; files: FileSystem; path: string }) {
    this.#rootKey = rootKey;
    this.#rootKeyPath = o.rootKeyPath;
    this.#files = o.files;
    this.#path = o.path;
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
    if (!(await exists(o.files, path))) return { store, report: { objects: 0, tornBytes: 0 } };
    const { journal, content } = await Journal.open(store.#place());
    try {
      checkRootKey(rootKey, content.facts, o.rootKeyPath);
      store.#objects = newest(rootKey, content.records, new Map());
      store.#facts = content.facts.slice();
      store.#journal = journal;
      return { store, report: { objects: store.#objects.size, tornBytes: content.tornBytes } };
    } catch (error) {
      await journal.close();
      rootKey.dispose();
      throw error;
    }
  }

  get lastWrite(): number {
    return this.#journal?.lastNumber ?? 0;
  }

  find(id: KeyId): ManagedObject | undefined {
    return this.#objects.get(id);
  }

  objects(): Iterable<ManagedObject> {
    return this.#objects.values();
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

  /** Length and digest of what is here, by which the leader knows where to go on. Throws FileError. */
  async position(): Promise<ReplicaPosition> {
    // A head alone is the beginning of every journal that the leader ever rewrote, so it says nothing.
    const lengthBytes = this.lastWrite === 0 ? 0 : (this.#journal?.lengthBytes ?? 0);
    const bytes = lengthBytes === 0 ? new Uint8Array(0) : await readWhole(this.#files, this.#path, JOURNAL_BYTES_MAX);
    assert(bytes.length >= lengthBytes, 'the durable part of the journal is in its file');
    const sha256 = createHash('sha256').update(bytes.subarray(0, lengthBytes)).digest();
    return { lengthBytes, sha256: Uint8Array.from(sha256) };
  }

  /**
   * Takes the leader's next writes: all that stand whole at the beginning of `bytes`. Each is readable when it is durable.
   *
   * @returns how many bytes were taken
   * @throws KmsError LEADER_UNREADABLE, STORE_UNWRITABLE; what was taken before stays
   */
  async take(bytes: Uint8Array): Promise<number> {
    const journal = this.#journal;
    assert(journal, 'the first journal comes whole');
    let takenBytes = 0;
    for (let frame = decodeFrame(bytes, 0); frame; frame = decodeFrame(bytes, takenBytes)) {
      const { number, records } = frame;
      if (number !== journal.lastNumber + 1) throw unreadable();
      const news = opened(() => newest(this.#rootKey, records, this.#objects));
      // The journal makes the same frame of the same number and records, byte for byte.
      await journal.append(records, () => {
        for (const [id, object] of news) this.#objects.set(id, object);
      });
      takenBytes = frame.endBytes;
    }
    return takenBytes;
  }

  /**
   * Takes a whole journal of the leader in place of what is here; readable when it is durable.
   *
   * @throws KmsError ROOT_KEY_WRONG, LEADER_OTHER_STORE, LEADER_BEHIND, LEADER_UNREADABLE, STORE_UNWRITABLE; then all
   *   stays as it was
   */
  async takeWhole(bytes: Uint8Array): Promise<void> {
    const head = decodeHead(bytes);
    if (!head) throw unreadable();
    if (this.#journal && Buffer.compare(this.#facts, head.facts) !== 0) throw otherStore();
    checkRootKey(this.#rootKey, head.facts, this.#rootKeyPath);
    const objects: Objects = new Map();
    let endBytes = head.endBytes;
    let lastNumber = 0;
    for (let frame = decodeFrame(bytes, endBytes); frame; frame = decodeFrame(bytes, endBytes)) {
      const { records, number } = frame;
      if (lastNumber > 0 && number !== lastNumber + 1) throw unreadable();
      for (const [id, object] of opened(() => newest(this.#rootKey, records, objects))) objects.set(id, object);
      lastNumber = number;
      endBytes = frame.endBytes;
    }
    if (endBytes !== bytes.length) throw unreadable();
    this.#refuseOlder(objects, lastNumber);
    this.#journal ??= await Journal.create(this.#place(), head.facts);
    this.#facts = head.facts.slice();
    await this.#journal.replace(bytes, lastNumber);
    this.#objects = objects;
  }

  async close(): Promise<void> {
    await this.#journal?.close();
    this.#objects.clear();
    this.#rootKey.dispose();
  }

  /** A leader that lost writes, restored from a backup for one, must not take keys away from those who have them still. */
  #refuseOlder(objects: Objects, lastNumber: number): void {
    const isOlder = (before: ManagedObject) => {
      const after = objects.get(before.id);
      return after === undefined || after.version < before.version || after.owner !== before.owner;
    };
    if (lastNumber >= this.lastWrite && ![...this.#objects.values()].some(isOlder)) return;
    throw new KmsError(
      'LEADER_BEHIND',
      'The leader lacks writes that were copied from it: it was restored from an older backup, or is not the leader.',
      "Keep this folder, compare the two nodes' keys, and begin with an empty folder if the leader is right.",
    );
  }

  #place() {
    return { files: this.#files, path: this.#path, onRefused: () => {} };
  }
}

/** The newest version of each object that records speak of. Throws KmsError STORE_DAMAGED. */
function newest(rootKey: RootKey, records: readonly Uint8Array[], before: ReadonlyMap<KeyId, ManagedObject>): Objects {
  const news: Objects = new Map();
  for (const record of records) {
    const object = openRecord(rootKey, record);
    checkOrder(news.get(object.id) ?? before.get(object.id), object);
    news.set(object.id, object);
  }
  return news;
}

/** What is damage in a file of ours is the leader's fault in what it sent. */
function opened<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw error instanceof KmsError && error.code === 'STORE_DAMAGED' ? unreadable() : error;
  }
}

function unreadable(): KmsError {
  return new KmsError(
    'LEADER_UNREADABLE',
    'What came from the leader cannot be read as what follows on what is here.',
    "Look at the leader's own folder: its store may be damaged.",
  );
}

function otherStore(): KmsError {
  return new KmsError(
    'LEADER_OTHER_STORE',
    'The node at that address has another store than the one that was followed so far.',
    'Check --follow, or begin with an empty folder.',
  );
}
