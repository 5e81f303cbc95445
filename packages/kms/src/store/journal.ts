import {
  type Appended,
  AppendLane,
  CHAIN_ORIGIN,
  cutTornTail,
  type End,
  FileWindow,
  type Found,
  framesFrom,
  LogError,
  type Published,
  publishFile,
  readChain,
  switchFile,
  type Wipe,
  type Write,
} from '@vcryptsim/durable-log';
import { assert, equalBytes, FileError, type FileHandle, type FileSystem, folderOf } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';
import type { Anchor } from './anchor.js';
import { AnchorCheck } from './anchor-check.js';
import { Chain } from './chain.js';
import type { JournalCopy, JournalEnd } from './journal-copy.js';
import { isTorn } from './journal-damage.js';
import {
  encodeFrame,
  FORMAT,
  FRAME_BYTES_MAX,
  type Frame,
  frameBytes,
  type Landing,
  type Parts,
  type Place,
  placesIn,
} from './journal-format.js';
import { type Bounds, decodeHead, encodeHead, HEAD_BYTES_MAX, headBytes, openBounds } from './journal-head.js';
import { asKmsError, damaged, unwritable, withKmsErrors } from './log-error.js';
import type { RootKey } from './root-key.js';
import { SnapshotWriter } from './snapshot-writer.js';
import { storeIdOf } from './store-facts.js';

/** Versions are read one by one, mostly forward: those of objects that came one after another are near each other. */
const PLACES_WINDOW_BYTES = 16 * 1024;

/** Bytes at a place in a journal's file; a view that the next call may change. */
export type BytesAt = (place: Place) => Promise<Uint8Array>;

/** Where a journal is, and under which key. */
export interface JournalOptions {
  readonly files: FileSystem;
  readonly path: string;
  readonly rootKey: RootKey;
  /** Number of the audit log's last durable line. */
  readonly auditLine?: () => number;
  /** Remembers outside the folder how far the journal is. */
  readonly anchor?: Anchor | undefined;
  /** Runs when a write failed: nothing that was appended and is not durable yet will be. */
  readonly onRefused: () => void;
}

interface JournalEntry extends Appended {
  readonly parts: Parts;
  /** A frame that another journal has already: it is written as it is, and alone. */
  readonly copied?: Found<Frame>;
  readonly onDurable: (landing: Landing) => void;
}

/**
 * An append-only file of frames, bound to each other by a chain under the root key, with compaction by rewriting; the
 * format is told in journal-format.ts. Knows nothing of what a record means. After a cut at any moment either the old or
 * the new journal is in its place. All writing is in one lane, in the order in which it was asked for.
 */
export class Journal implements JournalCopy {
  readonly #o: JournalOptions;
  readonly #facts: Uint8Array;
  readonly #chain: Chain;
  readonly #lane: AppendLane<JournalEntry>;
  #bounds: Bounds;
  /** The chain's value at the durable end. */
  #chainEnd: Uint8Array;
  #nextRewrite: Promise<void> | null = null;
  /** While the file is being replaced, and for ever when nobody knows which one a next start finds. */
  #isUnsettled = false;
  #wiping: Promise<void> = Promise.resolve();
  /** Whether the anchor could not be written after the last write: then it is, before another write is made. */
  #isAnchorBehind = false;
  readonly #waiting = new Set<() => void>();
  readonly #reading = new Set<Promise<number>>();

  private constructor(
    o: JournalOptions,
    at: { handle: FileHandle; end: End; facts: Uint8Array; bounds: Bounds; chain: Chain; chainEnd: Uint8Array },
  ) {
    this.#o = o;
    this.#facts = at.facts;
    this.#bounds = at.bounds;
    this.#chain = at.chain;
    this.#chainEnd = at.chainEnd;
    this.#lane = new AppendLane(at.handle, at.end, {
      join: (entries, number) => this.#join(entries, number),
      onRefused: o.onRefused,
      beforeWrite: () => this.#catchUpAnchor(),
      afterWrite: () => this.#noteAnchor(),
      aroundWipe: (work) => this.#aroundWipe(work),
    });
  }

  /**
   * Makes a journal, in place of whatever is there.
   *
   * @param o.lastNumber number of the last write of what it replaces, 0 for a new store
   * @param fill writes what the journal begins with
   * @throws KmsError STORE_UNWRITABLE, and what `fill` throws
   */
  static async create(
    o: JournalOptions & { readonly facts: Uint8Array; readonly lastNumber: number },
    fill: (out: SnapshotWriter) => Promise<void> = async () => {},
  ): Promise<Journal> {
    if (o.anchor?.known) o.anchor.refuse(`it is new, and was at write ${o.anchor.known.write}`);
    const chain = new Chain(o.rootKey, 'journal', storeIdOf(o.facts));
    const bounds = { generation: 1, firstNumber: o.lastNumber + 1, chainBefore: CHAIN_ORIGIN };
    const made = await publish(o, o.facts, bounds, chain, fill);
    await o.files.fsyncFolder(folderOf(o.path));
    const journal = new Journal(o, { ...made, facts: o.facts, chain });
    await journal.#noteAnchor();
    return journal;
  }

  /**
   * Opens a journal and reads it, in bounded memory. An unfinished last write is cut off.
   *
   * @param check looks at the store's facts before anything else is read
   * @param take is given each frame in order; views that the next one may change
   * @throws KmsError STORE_DAMAGED when the head cannot be read, or a frame before the last one, or frames are not those
   *   that were written here in this order; what `check` and `take` throw; FileError
   */
  static async open(
    o: JournalOptions,
    check: (facts: Uint8Array) => void,
    take: (found: Found<Frame>) => void,
  ): Promise<{ journal: Journal; tornBytes: number }> {
    const handle = await o.files.open(o.path, { access: 'write' });
    try {
      const sizeBytes = await handle.sizeBytes();
      const source = new FileWindow(handle, sizeBytes);
      const head = decodeHead(await source.view(0, HEAD_BYTES_MAX));
      if (!head) throw damaged(o.path, 0);
      const facts = head.facts.slice();
      check(facts);
      const bounds = openBounds((await source.view(0, head.endBytes)).slice(), o.rootKey);
      if (!bounds) throw damaged(o.path, 0);
      const chain = new Chain(o.rootKey, 'journal', storeIdOf(facts));
      const from = {
        end: { lengthBytes: head.endBytes, lastNumber: bounds.firstNumber - 1 },
        chain: bounds.chainBefore,
      };
      const anchored = new AnchorCheck(o.anchor);
      anchored.begin({ store: storeIdOf(facts), lastNumber: from.end.lastNumber, chain: from.chain });
      const { end, chain: chainEnd } = await readChain({
        ...{ path: o.path, source, format: FORMAT, check: chain, from, framesMin: bounds.frames, isTorn },
        take: (found) => {
          anchored.at(found.frame.number, found.frame.chain);
          take(found);
        },
      });
      anchored.end(end.lastNumber);
      const tornBytes = await cutTornTail(handle, end);
      const journal = new Journal(o, { handle, end, facts, bounds, chain, chainEnd });
      await journal.#noteAnchor();
      return { journal, tornBytes };
    } catch (error) {
      await handle.close();
      throw asKmsError(error);
    }
  }

  /**
   * Puts a whole journal that another node wrote in the place of what is there.
   *
   * @param bytes from its head to the end of its last frame; checked by the caller
   * @throws KmsError STORE_UNWRITABLE; what was there stays then
   */
  static async adopt(o: JournalOptions, bytes: Uint8Array): Promise<Journal> {
    const failed = (error: unknown) => {
      throw error instanceof KmsError ? error : unwritable(error, 'Free some space or repair the disk.');
    };
    await publishFile(o, async (handle) => {
      await handle.pwrite(bytes, 0);
      return handle;
    }).then((handle) => handle.close(), failed);
    const nothing = () => {};
    const { journal } = await Journal.open(o, nothing, nothing).catch(failed);
    await o.files.fsyncFolder(folderOf(o.path)).catch(failed);
    return journal;
  }

  /** The store's facts. */
  get facts(): Uint8Array {
    return this.#facts;
  }

  /** Number of the last durable frame. */
  get lastNumber(): number {
    return this.#lane.end.lastNumber;
  }

  /** Length of the durable part. */
  get lengthBytes(): number {
    return this.#lane.end.lengthBytes;
  }

  /** Length that the file will have when all that waits is written, about. */
  get comingBytes(): number {
    return this.lengthBytes + this.#lane.waitingBytes;
  }

  /** The chain's value at the durable end. */
  get chainEnd(): Uint8Array {
    return this.#chainEnd;
  }

  /**
   * Appends parts; resolves when they are durable, all of them or none, and what they wipe is gone.
   *
   * @param o.onDurable runs at the moment when they are, before anything else is written
   * @param o.wipes asked then: parts of the file to be overwritten, before the promise resolves
   * @throws KmsError OBJECT_TOO_LARGE; STORE_UNWRITABLE; then nothing was kept of them, nor of what was appended after
   *   them, unless `onDurable` ran
   */
  async append(
    parts: Parts,
    o: { readonly onDurable: (landing: Landing) => void; readonly wipes?: () => readonly Wipe[] },
  ): Promise<void> {
    const sizeBytes = frameBytes([parts]);
    if (sizeBytes > FRAME_BYTES_MAX)
      throw new KmsError('OBJECT_TOO_LARGE', 'The change is larger than the store takes.');
    await withKmsErrors(this.#lane.append({ parts, sizeBytes, ...o })).finally(() => this.#tellMoved());
  }

  /**
   * Appends a frame that another journal of this store has, as it is.
   *
   * @throws KmsError STORE_UNWRITABLE
   */
  async appendCopy(
    copied: Found<Frame>,
    o: { readonly onDurable: (startBytes: number) => void; readonly wipes?: () => readonly Wipe[] },
  ): Promise<void> {
    const parts = { entries: new Uint8Array(0), materials: new Uint8Array(0) };
    const onDurable = ({ entriesAt }: Landing) => o.onDurable(entriesAt);
    await withKmsErrors(this.#lane.append({ parts, copied, sizeBytes: copied.bytes.length, ...o, onDurable }));
    this.#tellMoved();
  }

  /** Says whether a frame is what follows on the durable end. */
  follows(frame: Frame): boolean {
    const isNext = frame.number === this.lastNumber + 1;
    return isNext && equalBytes(frame.chain, this.#chain.next(this.#chainEnd, frame.digest));
  }

  /** Overwrites parts of the file; `wipes` is asked when it is their turn. Throws KmsError STORE_UNWRITABLE. */
  wipe(wipes: () => readonly Wipe[]): Promise<void> {
    return withKmsErrors(this.#lane.wipe(wipes));
  }

  async settledEnd(signal: AbortSignal): Promise<JournalEnd | null> {
    while (this.#isUnsettled) {
      if (signal.aborted) return null;
      await this.moved(signal);
    }
    return { generation: this.#bounds.generation, ...this.#lane.end };
  }

  async readDurable(generation: number, buffer: Uint8Array, offsetBytes: number): Promise<boolean> {
    await this.#wiping;
    if (this.#isUnsettled || generation !== this.#bounds.generation) return false;
    const reading = this.#lane.handle.pread(buffer, offsetBytes);
    this.#reading.add(reading);
    try {
      return (await reading) === buffer.length;
    } finally {
      this.#reading.delete(reading);
    }
  }

  moved(...signals: readonly AbortSignal[]): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        this.#waiting.delete(settle);
        for (const signal of signals) signal.removeEventListener('abort', settle);
        resolve();
      };
      this.#waiting.add(settle);
      for (const signal of signals) signal.addEventListener('abort', settle, { once: true });
    });
  }

  /**
   * Writes a new journal and puts it in the old one's place. Calls that come before it is begun share it. After it,
   * nothing that only the old journal held is in any file.
   *
   * @param fill writes what is kept, given the frames that are there now and a way to bytes at a place among them
   * @param onDone runs when it is in place, before anything else is written
   * @throws KmsError STORE_UNWRITABLE, STORE_DAMAGED; the old journal stays then
   */
  rewrite(
    fill: (out: SnapshotWriter, frames: AsyncIterable<Found<Frame>>, bytesAt: BytesAt) => Promise<void>,
    onDone: () => void,
  ): Promise<void> {
    if (this.#nextRewrite) return this.#nextRewrite;
    let isBegun = false;
    const rewriting = this.#putInPlace(async () => {
      isBegun = true;
      this.#nextRewrite = null;
      const { generation } = this.#bounds;
      const next = { generation: generation + 1, firstNumber: this.lastNumber + 1, chainBefore: this.#chainEnd };
      const source = new FileWindow(this.#lane.handle, this.lengthBytes);
      const frames = framesFrom(source, headBytes(this.#facts), FORMAT);
      const places = new FileWindow(this.#lane.handle, this.lengthBytes, PLACES_WINDOW_BYTES);
      const bytesAt = (place: Place) => places.view(place.offsetBytes, place.lengthBytes);
      return publish(this.#o, this.#facts, next, this.#chain, (out) => fill(out, frames, bytesAt));
    }, onDone);
    // In an empty lane it is under way already, and nobody may share it any more.
    if (!isBegun) this.#nextRewrite = rewriting;
    return rewriting;
  }

  /** Waits for what is under way and closes the file. */
  async close(): Promise<void> {
    await this.#lane.close();
  }

  #join(entries: readonly JournalEntry[], number: number): Write {
    const [first] = entries;
    if (first?.copied) {
      assert(entries.length === 1, 'a copied frame is written alone');
      const { bytes, frame } = first.copied;
      const chainEnd = frame.chain.slice();
      return { bytes, landed: (startBytes) => this.#landed(chainEnd, () => first.onDurable(landingAt(startBytes))) };
    }
    const parts = entries.map((entry) => entry.parts);
    let chainEnd = this.#chainEnd;
    const chainOf = (digest: Uint8Array) => {
      chainEnd = this.#chain.next(this.#chainEnd, digest);
      return chainEnd;
    };
    const bytes = encodeFrame({ number, auditLine: this.#o.auditLine?.() ?? 0, parts, chainOf });
    const places = placesIn(parts);
    return {
      bytes,
      landed: (startBytes) =>
        this.#landed(chainEnd, () => {
          for (const [place, entry] of entries.entries()) {
            const at = places[place];
            assert(at, 'each entry has its place');
            const { entriesAt, materialsAt } = at;
            entry.onDurable({ entriesAt: startBytes + entriesAt, materialsAt: startBytes + materialsAt });
          }
        }),
    };
  }

  async #noteAnchor(): Promise<void> {
    const { anchor } = this.#o;
    if (!anchor) return;
    try {
      await anchor.note({ store: storeIdOf(this.#facts), write: this.lastNumber, chain: this.#chainEnd });
      this.#isAnchorBehind = false;
    } catch {
      // What was written is durable and is answered; nothing more is written before the anchor is right again.
      this.#isAnchorBehind = true;
    }
  }

  async #catchUpAnchor(): Promise<void> {
    if (this.#isAnchorBehind) await this.#noteAnchor();
    if (!this.#isAnchorBehind) return;
    throw new KmsError(
      'STORE_UNWRITABLE',
      `The anchor ${this.#o.anchor?.path ?? ''} cannot be written.`,
      'Make room or repair the disk, then try again.',
    );
  }

  async #aroundWipe(work: () => Promise<void>): Promise<void> {
    let done = () => {};
    this.#wiping = new Promise((resolve) => {
      done = resolve;
    });
    try {
      await Promise.allSettled(this.#reading);
      await work();
    } finally {
      done();
    }
  }

  #landed(chainEnd: Uint8Array, then: () => void): void {
    this.#chainEnd = chainEnd;
    then();
  }

  #putInPlace(make: () => Promise<Made>, onDone: () => void): Promise<void> {
    const onMade = ({ bounds, chainEnd }: Made) => {
      this.#bounds = bounds;
      this.#chainEnd = chainEnd;
      onDone();
    };
    return this.#lane.run(async () => {
      this.#isUnsettled = true;
      try {
        // The head of the new journal knows the chain's end, and nothing before it.
        await this.#catchUpAnchor();
        await switchFile(this.#lane, this.#o, {
          make: async () => {
            const made = await make();
            await Promise.allSettled(this.#reading);
            return made;
          },
          onMade,
        });
      } catch (error) {
        // Nobody copies what the next start may not find.
        const isKnown = !(error instanceof LogError && error.during === 'place');
        if (isKnown) this.#settle();
        throw error instanceof FileError
          ? unwritable(error, 'Free some space or repair the disk, then try again.')
          : asKmsError(error);
      }
      await this.#noteAnchor();
      this.#settle();
    });
  }

  #settle(): void {
    this.#isUnsettled = false;
    this.#tellMoved();
  }

  #tellMoved(): void {
    for (const settle of [...this.#waiting]) settle();
  }
}

/** A journal that is in its place. */
interface Made extends Published {
  readonly bounds: Bounds;
  readonly chainEnd: Uint8Array;
}

async function publish(
  o: JournalOptions,
  facts: Uint8Array,
  start: Pick<Bounds, 'generation' | 'firstNumber' | 'chainBefore'>,
  chain: Chain,
  fill: (out: SnapshotWriter) => Promise<void>,
): Promise<Made> {
  return publishFile(o, async (handle) => {
    const out = new SnapshotWriter(handle, {
      ...start,
      startBytes: headBytes(facts),
      chain,
      auditLine: o.auditLine?.() ?? 0,
    });
    await fill(out);
    const { end, frames, objects, chainEnd } = await out.finish();
    const bounds = { ...start, frames, objects };
    await handle.pwrite(encodeHead(facts, bounds, o.rootKey), 0);
    return { handle, end, bounds, chainEnd };
  });
}

function landingAt(startBytes: number): Landing {
  return { entriesAt: startBytes, materialsAt: startBytes };
}
