// What everybody holds who keeps his state in a durable log: the suite that each owner of one runs.
import { equalBytes, type FileSystem, readWhole } from '@vcryptsim/ports';
import {
  CrashLog,
  crashStates,
  FaultyFileSystem,
  type FileOperation,
  MemoryFileSystem,
  RecordingFileSystem,
} from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';

/** An owner that is open. */
export interface LogOwner {
  /** Adds the n-th thing to its state, always of about one size; resolves when that is acknowledged. */
  change(n: number): Promise<void>;
  /** Its whole state, as a text that equal states share. */
  state(): string;
  /** Takes a snapshot. */
  compact(): Promise<void>;
  close(): Promise<void>;
}

/** Who is tested, and where its log is. */
export interface LogOwnerUnderTest {
  readonly name: string;
  readonly logPath: string;
  /** Makes the folders that are there before the first start. */
  prepare(files: FileSystem): Promise<void>;
  /** Starts it on what is there; the first time on nothing. */
  open(files: FileSystem): Promise<LogOwner>;
}

const FILE_BYTES_MAX = 64 * 1024 * 1024;
/** States that a test looks at: spread over all where there are more. */
const STATES_MAX = 600;
/** Beside every sector's border, writes are cut inside their first numbers and their last hashes. */
const aroundTrailer = (lengthBytes: number) =>
  [1, 15, 16, 17, lengthBytes - 33, lengthBytes - 32, lengthBytes - 1].filter((at) => at > 0 && at < lengthBytes);

/** Runs the suite. */
export function logOwnerSuite(o: LogOwnerUnderTest): void {
  const fresh = async () => {
    const files = new MemoryFileSystem();
    await o.prepare(files);
    return files;
  };
  const stateIn = async (files: FileSystem) => {
    const owner = await o.open(files);
    const state = owner.state();
    await owner.close();
    return state;
  };
  const content = (files: FileSystem) => readWhole(files, o.logPath, FILE_BYTES_MAX);

  describe(`the log of ${o.name}`, () => {
    it('gives back the same state at each start, before and after a snapshot', async () => {
      const files = await fresh();
      const owner = await o.open(files);
      for (const n of [1, 2, 3]) await owner.change(n);
      const three = owner.state();
      await owner.close();
      expect(await stateIn(files)).toBe(three);
      const again = await o.open(files);
      await again.compact();
      expect(again.state()).toBe(three);
      await Promise.all([again.change(4), again.change(5)]);
      const five = again.state();
      expect(five).not.toBe(three);
      await again.close();
      expect(await stateIn(files)).toBe(five);
      expect(await stateIn(files)).toBe(five);
    });

    it('after a power cut at any file operation has all that was acknowledged and no half of a change', async () => {
      const log = new CrashLog(await fresh());
      const owner = await o.open(log.files);
      const reached = [{ state: owner.state(), afterOperations: log.operations.length }];
      const change = async (n: number) => {
        await owner.change(n);
        reached.push({ state: owner.state(), afterOperations: log.operations.length });
      };
      for (const n of [1, 2, 3]) await change(n);
      await owner.compact();
      for (const n of [4, 5]) await change(n);
      await owner.compact();
      await owner.close();
      expect(new Set(reached.map(({ state }) => state)).size).toBe(6);
      let states = 0;
      for (const cut of crashStates(log, { tornAt: aroundTrailer, sample: STATES_MAX })) {
        const last = reached.findLastIndex(({ afterOperations }) => afterOperations <= cut.afterOperation);
        const possible = reached.slice(Math.max(0, last), last + 2).map(({ state }) => state);
        const found = await o.open(cut.files);
        expect(possible, cut.name).toContain(found.state());
        await found.change(9);
        const changed = found.state();
        await found.close();
        expect(await stateIn(cut.files), `${cut.name}, changed and opened again`).toBe(changed);
        states += 1;
      }
      expect(states).toBeGreaterThan(100);
    });

    it('after a power cut during the start that follows one, too', async () => {
      const files = await fresh();
      const owner = await o.open(files);
      for (const n of [1, 2, 3]) await owner.change(n);
      const before = owner.state();
      await owner.close();
      const torn = await content(files);
      await overwrite(files, o.logPath, Uint8Array.from([...torn, ...torn.subarray(-90, -20)]));
      const log = new CrashLog(files);
      const recovered = await o.open(log.files);
      expect(recovered.state()).toBe(before);
      await recovered.compact();
      await recovered.close();
      let states = 0;
      for (const cut of crashStates(log, { sample: STATES_MAX })) {
        expect(await stateIn(cut.files), cut.name).toBe(before);
        states += 1;
      }
      expect(states).toBeGreaterThan(10);
    });

    it('writes for a change as many bytes and operations in a large state as in a small one', async () => {
      const files = await fresh();
      const operations: FileOperation[] = [];
      const recording = new RecordingFileSystem(files, { onOperation: (operation) => operations.push(operation) });
      const owner = await o.open(recording);
      const costs: { count: number; bytes: number }[] = [];
      for (let n = 1; n <= 64; n++) {
        operations.length = 0;
        await owner.change(n);
        const bytes = operations.reduce((sum, one) => sum + (one.kind === 'write' ? one.bytes.length : 0), 0);
        costs.push({ count: operations.length, bytes });
      }
      await owner.close();
      const [small, large] = [costs[31], costs[63]];
      expect(large?.count).toBe(small?.count);
      expect(large?.bytes).toBeLessThanOrEqual(1.2 * (small?.bytes ?? 0));
    });

    it('is shorter after a snapshot than a log of all changes that led there twice over', async () => {
      const files = await fresh();
      const owner = await o.open(files);
      for (let round = 0; round < 2; round++) {
        for (let n = 1; n <= 20; n++) await owner.change(n);
      }
      const before = (await content(files)).length;
      await owner.compact();
      await owner.close();
      expect((await content(files)).length).toBeLessThan(before);
    });

    it('is refused, and left as it is, when a byte before its end was changed', async () => {
      const files = await fresh();
      const owner = await o.open(files);
      for (let n = 1; n <= 8; n++) await owner.change(n);
      await owner.close();
      const whole = await content(files);
      for (let place = 0; place < whole.length >> 1; place += 7) {
        const bent = Uint8Array.from(whole);
        bent[place] = (bent[place] ?? 0) ^ 0x10;
        await overwrite(files, o.logPath, bent);
        await expect(o.open(files), `byte ${place}`).rejects.toHaveProperty('code');
        expect(equalBytes(await content(files), bent), `byte ${place}, left as it is`).toBe(true);
      }
      await overwrite(files, o.logPath, whole);
      await stateIn(files);
    });

    it('keeps its state, in memory and on the medium, when a change finds no room', async () => {
      const files = await fresh();
      const faulty = new FaultyFileSystem(files);
      const owner = await o.open(faulty);
      await owner.change(1);
      const before = owner.state();
      const mend = faulty.set({ kind: 'no-space', afterBytes: 40 });
      const outcomes = await Promise.allSettled([owner.change(2), owner.change(3)]);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(owner.state()).toBe(before);
      await expect(owner.compact()).rejects.toHaveProperty('code');
      mend();
      expect(await stateIn(files)).toBe(before);
      await owner.change(4);
      const after = owner.state();
      await owner.close();
      expect(await stateIn(files)).toBe(after);
    });
  });
}

async function overwrite(files: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const handle = await files.open(path, { access: 'write' });
  await handle.truncate(0);
  await handle.pwrite(bytes, 0);
  await handle.close();
}
