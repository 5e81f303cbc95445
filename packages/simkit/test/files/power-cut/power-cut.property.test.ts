// Two models of one thing: the live one undoes on its base, the other builds from the log. They must agree, and a third
// one, that knows only what was synced and left alone, must hold in every state.
import { FileError, type FileHandle, type FileSystem } from '@vcryptsim/ports';
import { CrashLog, crashStates, MemoryFileSystem, PowerCutFileSystem } from '@vcryptsim/simkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treeOf } from './tree-of.js';

/** A process with three files open, and what it does. */
class Process {
  readonly #handles: (FileHandle | null)[] = [null, null, null];

  constructor(readonly files: FileSystem) {}

  async open(slot: number, path: string): Promise<void> {
    await this.#handles[slot]?.close();
    this.#handles[slot] = null;
    this.#handles[slot] = await this.files.open(path, { access: 'write', create: 'if-missing' });
  }

  with(slot: number, use: (handle: FileHandle) => Promise<unknown>): Promise<unknown> {
    const handle = this.#handles[slot];
    return handle ? use(handle) : Promise.resolve();
  }
}

type Step = (process: Process) => Promise<unknown>;
/** A step that a report can name. */
const named = (text: string, step: Step): Step => Object.assign(step, { [fc.toStringMethod]: () => text });
const slot = fc.nat(2);
const path = fc.constantFrom('/a', '/b', '/d/a', '/d/b', '/e/a', '/d/s/a');
const folder = fc.constantFrom('/', '/d', '/e', '/d/s', '/f');
const offset = fc.constantFrom(0, 3, 510, 512, 1024, 2000);
const length = fc.constantFrom(1, 4, 600, 1100);
const byte = fc.integer({ min: 65, max: 90 });
const pairs = (call: 'rename' | 'link', one: fc.Arbitrary<string>): fc.Arbitrary<Step> =>
  fc.tuple(one, one).map(([from, to]) => named(`${call} ${from} ${to}`, ({ files }) => files[call](from, to)));
const singles = (call: 'unlink' | 'mkdir' | 'rmdir' | 'fsyncFolder', one: fc.Arbitrary<string>): fc.Arbitrary<Step> =>
  one.map((at) => named(`${call} ${at}`, ({ files }) => files[call](at)));

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(slot, path).map(([at, p]) => named(`${at} open ${p}`, (process) => process.open(at, p))),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(slot, offset, length, byte)
      .map(([at, start, count, value]) =>
        named(`${at} write ${count} at ${start}`, (process) =>
          process.with(at, (handle) => handle.pwrite(new Uint8Array(count).fill(value), start)),
        ),
      ),
  },
  fc
    .tuple(slot, offset)
    .map(([at, sizeBytes]) =>
      named(`${at} truncate ${sizeBytes}`, (process) => process.with(at, (handle) => handle.truncate(sizeBytes))),
    ),
  {
    weight: 2,
    arbitrary: slot.map((at) => named(`${at} fsync`, (process) => process.with(at, (handle) => handle.fsync()))),
  },
  { weight: 2, arbitrary: singles('fsyncFolder', folder) },
  pairs('rename', path),
  pairs('link', path),
  pairs('rename', folder),
  singles('unlink', path),
  singles('mkdir', folder),
  singles('rmdir', folder),
);
const program = fc.array(step, { minLength: 5, maxLength: 60 });

async function start(): Promise<MemoryFileSystem> {
  const memory = new MemoryFileSystem();
  for (const one of ['/d', '/e', '/d/s']) await memory.mkdir(one);
  const handle = await memory.open('/d/a', { access: 'write', create: 'exclusive' });
  await handle.pwrite(new Uint8Array(1500).fill(46), 0);
  await handle.close();
  return memory;
}

async function run(files: FileSystem, steps: readonly Step[], after: () => Promise<void> = async () => {}) {
  const process = new Process(files);
  for (const one of steps) {
    await one(process).catch((error: unknown) => {
      if (!(error instanceof FileError)) throw error;
    });
    await after();
  }
}

describe('the power-cut file system', () => {
  it('shows in its log at every moment what the medium has, and no sync adds or takes anything', async () => {
    await fc.assert(
      fc.asyncProperty(program, async (steps) => {
        const memory = await start();
        const log = new CrashLog(memory);
        const moments = new Map<number, Record<string, string | null>>();
        await run(log.files, steps, async () => void moments.set(log.operations.length, await treeOf(memory)));
        let compared = 0;
        for (const state of crashStates(log, { families: ['clean'] })) {
          const moment = moments.get(state.afterOperation);
          if (!moment) continue;
          compared += 1;
          expect(await treeOf(state.files), state.name).toEqual(moment);
        }
        expect(compared).toBeGreaterThanOrEqual(log.operations.length === 0 ? 0 : 1);
      }),
      { numRuns: 300 },
    );
  });

  it('takes back on real files what the log says is lost', async () => {
    await fc.assert(
      fc.asyncProperty(program, fc.nat(40), async (steps, at) => {
        const memory = await start();
        const log = new CrashLog(memory);
        await run(log.files, steps.slice(0, at + 1));
        const live = new PowerCutFileSystem(await start());
        await run(live, steps.slice(0, at + 1));
        const [lost] = [
          ...crashStates(log, { from: log.operations.length + 1, families: ['unsynced lost', 'clean'] }),
        ].slice(-1);
        await live.powerOn('none');
        expect(await treeOf(live)).toEqual(await treeOf(lost!.files));
      }),
      { numRuns: 600 },
    );
  });

  it('never loses or changes what was synced, name and content, and then left alone', async () => {
    await fc.assert(
      fc.asyncProperty(program, fc.nat(1000), async (steps, seed) => {
        const memory = await start();
        const log = new CrashLog(memory);
        const safe = '/e/safe';
        const handle = await log.files.open(safe, { access: 'write', create: 'exclusive' });
        await handle.pwrite(new Uint8Array(1300).fill(83), 0);
        await handle.fsync();
        await log.files.fsyncFolder('/e');
        const from = log.operations.length + 1;
        await run(log.files, steps);
        const moved = Object.entries(await treeOf(memory)).filter(([, content]) => content?.startsWith('SSSSS'));
        for (const state of crashStates(log, { from, seed, subsets: 3, sample: 60 })) {
          const kept = Object.entries(await treeOf(state.files)).filter(([, content]) => content === 'S'.repeat(1300));
          expect(kept.length, `${state.name} ${JSON.stringify(moved)}`).toBeGreaterThan(0);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is left by any survivors in a state that can be read and written', async () => {
    await fc.assert(
      fc.asyncProperty(program, fc.nat(1000), async (steps, seed) => {
        const live = new PowerCutFileSystem(await start());
        await run(live, steps);
        const before = await treeOf(live);
        const all = new PowerCutFileSystem(await start());
        await run(all, steps);
        await all.powerOn('all');
        expect(await treeOf(all)).toEqual(before);
        await live.powerOn({ seed });
        await run(live, steps);
        await live.powerOn({ seed });
        await treeOf(live);
      }),
      { numRuns: 300 },
    );
  });
});
