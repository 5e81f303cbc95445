// The operating system is the model: whatever it does, memory does too, down to the code of each refusal.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError, type FileSystem } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { FaultyFileSystem, MemoryFileSystem, RecordingFileSystem } from '@vcryptsim/simkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

type Step = (files: FileSystem, at: (path: string) => string) => Promise<unknown>;

const path = fc.constantFrom('a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a', 'a/b');
const create = fc.constantFrom('never' as const, 'if-missing' as const, 'exclusive' as const);
const offset = fc.constantFrom(0, 1, 100, 4095, 4096, 10_000);

async function withFile(files: FileSystem, p: string, mode: 'never' | 'if-missing' | 'exclusive', use: Use) {
  const handle = await files.open(p, { access: 'write', create: mode });
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}
type Use = (handle: Awaited<ReturnType<FileSystem['open']>>) => Promise<unknown>;

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(path, create, offset, fc.uint8Array({ maxLength: 50 })).map(
    ([p, mode, start, bytes]): Step =>
      (files, at) =>
        withFile(files, at(p), mode, (handle) => handle.pwrite(new Uint8Array(bytes), start)),
  ),
  fc.tuple(path, offset).map(
    ([p, sizeBytes]): Step =>
      (files, at) =>
        withFile(files, at(p), 'never', (handle) => handle.truncate(sizeBytes)),
  ),
  fc.tuple(path, offset).map(
    ([p, start]): Step =>
      (files, at) =>
        withFile(files, at(p), 'never', async (handle) => {
          const buffer = new Uint8Array(60).fill(9);
          return [await handle.pread(buffer, start), await handle.sizeBytes(), ...buffer];
        }),
  ),
  ...(['rename', 'link'] as const).map((call) =>
    fc.tuple(path, path).map(
      ([from, to]): Step =>
        (files, at) =>
          files[call](at(from), at(to)),
    ),
  ),
  ...(['unlink', 'mkdir', 'rmdir', 'readdir', 'fsyncFolder'] as const).map((call) =>
    path.map(
      (p): Step =>
        (files, at) =>
          files[call](at(p)),
    ),
  ),
  path.map(
    (p): Step =>
      async (files, at) => {
        const { kind, sizeBytes } = await files.lstat(at(p));
        return kind === 'file' ? [kind, sizeBytes] : [kind];
      },
  ),
);

async function outcome(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof FileError) return error.code;
    throw error;
  }
}

describe('files in memory', () => {
  it('do what files on disk do', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-model-'));
        const memory = new RecordingFileSystem(new FaultyFileSystem(new MemoryFileSystem()));
        await memory.mkdir('/here');
        try {
          const model: unknown[] = [];
          const ours: unknown[] = [];
          for (const one of steps) {
            model.push(await outcome(one(new OsFileSystem(), (p) => `${folder}/${p}`)));
            ours.push(await outcome(one(memory, (p) => `/here/${p}`)));
          }
          expect(ours).toEqual(model);
        } finally {
          rmSync(folder, { recursive: true });
        }
      }),
      { numRuns: 1500 },
    );
  });
});
