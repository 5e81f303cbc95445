// What every layer under a guest's disk does: the suite that each DiskBacking runs.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DiskBacking } from '../../src/disk/disk-backing.js';
import type { FailingFiles } from './failing-files.js';
import { faultOf, pattern } from './lab.js';
import { afterTurns } from './turns.js';

export const CAPACITY_SECTORS = 64;
const SIZE_BYTES = CAPACITY_SECTORS * 512;

/** A layer over an extent of {@link CAPACITY_SECTORS} sectors. */
export interface BackingUnderTest {
  readonly backing: DiskBacking;
  /** The medium under all layers. */
  readonly files: FailingFiles;
  /** Cuts the extent's file to this length, past the layers; left out where the disk's end is not the file's. */
  truncate?(sizeBytes: number): Promise<void>;
}

/** Reads, writes and discards of whole sectors inside the disk. */
const request = fc
  .record({
    kind: fc.constantFrom('read', 'write', 'write', 'discard'),
    start: fc.nat(CAPACITY_SECTORS - 1),
    count: fc.integer({ min: 1, max: 24 }),
    salt: fc.nat(250),
  })
  .map(({ start, count, ...rest }) => ({ ...rest, start, count: Math.min(count, CAPACITY_SECTORS - start) }));

/** No layer's data units are larger. */
const UNIT_BYTES = 4096;

/** A call inside one data unit of the largest size: some of its sectors. */
const besides = fc.record({
  write: fc.boolean(),
  head: fc.nat(7),
  count: fc.integer({ min: 1, max: 8 }),
  salt: fc.nat(250),
});

async function readAt(backing: DiskBacking, offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(lengthBytes).fill(0xee);
  await backing.read(buffer, offsetBytes);
  return buffer;
}

/** Runs the suite. @param open answers a layer over an extent that nobody has written to */
export function diskBackingSuite(name: string, open: () => Promise<BackingUnderTest>): void {
  const written = async (): Promise<BackingUnderTest> => {
    const under = await open();
    await under.backing.write(pattern(SIZE_BYTES), 0);
    await under.backing.flush();
    return under;
  };

  describe(`DiskBacking: ${name}`, () => {
    it('is what a plain array is, and leaves the caller’s buffers as they were', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(request, { maxLength: 20 }), async (requests) => {
          const { backing } = await written();
          const model = pattern(SIZE_BYTES);
          for (const { kind, start, count, salt } of requests) {
            const [at, length] = [start * 512, count * 512];
            if (kind === 'discard') {
              await backing.discard(at, length);
              model.fill(0, at, at + length);
            } else if (kind === 'write') {
              const bytes = pattern(length, salt);
              await backing.write(bytes, at);
              expect(Buffer.compare(bytes, pattern(length, salt))).toBe(0);
              model.set(bytes, at);
            } else {
              expect(Buffer.compare(await readAt(backing, at, length), model.subarray(at, at + length))).toBe(0);
            }
          }
          expect(Buffer.compare(await readAt(backing, 0, SIZE_BYTES), model)).toBe(0);
          await backing.close();
        }),
        { numRuns: 30 },
      );
    });

    it('serves calls that share no data unit side by side, each as if it were alone', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(besides, { minLength: 8, maxLength: 8 }),
          fc.func(fc.nat(5)),
          async (calls, turns) => {
            const { backing, files } = await written();
            const model = pattern(SIZE_BYTES);
            const held = model.slice();
            files.waits = (operation, path) => afterTurns(turns(operation, path, files.calls));
            const checks = calls.map(async ({ write, head, count, salt }, unit) => {
              const [at, length] = [unit * UNIT_BYTES + head * 512, Math.min(count, 8 - head) * 512];
              if (write) {
                model.set(pattern(length, salt), at);
                await backing.write(pattern(length, salt), at);
              } else {
                expect(Buffer.compare(await readAt(backing, at, length), held.subarray(at, at + length))).toBe(0);
              }
            });
            await Promise.all(checks);
            expect(Buffer.compare(await readAt(backing, 0, SIZE_BYTES), model)).toBe(0);
          },
        ),
        { numRuns: 30 },
      );
    });

    it('keeps what failed apart from what runs beside it', async () => {
      const { backing, files } = await written();
      let call = 0;
      files.waits = () => afterTurns(3);
      files.failsWhen = (operation) => operation === 'write' && ++call === 2;
      const ends = await Promise.allSettled(
        [0, 1, 2, 3].map((unit) => backing.write(pattern(512, 9), unit * UNIT_BYTES + 1024)),
      );
      expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(1);
      files.disarm();
      const model = pattern(SIZE_BYTES);
      for (const [unit, { status }] of ends.entries()) {
        if (status === 'fulfilled') model.set(pattern(512, 9), unit * UNIT_BYTES + 1024);
      }
      expect(Buffer.compare(await readAt(backing, 0, SIZE_BYTES), model)).toBe(0);
    });

    it('makes durable on flush what was written before', async () => {
      const { backing, files } = await written();
      const calls: string[] = [];
      files.failsWhen = (operation) => calls.push(operation) < 0;
      await backing.write(pattern(512, 3), 512);
      await backing.flush();
      expect(calls.at(-1)).toBe('fsync');
      expect(calls.filter((operation) => operation === 'write')).toHaveLength(1);
    });

    it.each([
      ['IO', 'FILE_INACCESSIBLE'],
      ['NO_SPACE', 'NO_SPACE'],
      ['READ_ONLY', 'DATASTORE_NOT_WRITABLE'],
    ] as const)(
      'refuses as the host does when the medium fails with %s, and serves when it serves again',
      async (code, refusal) => {
        const { backing, files } = await written();
        files.code = code;
        files.failsWhen = (operation) => operation === 'write';
        expect(await faultOf(backing.write(pattern(1024, 2), 1024))).toMatchObject({ code: refusal });
        files.failsWhen = (operation) => operation === 'fsync';
        expect(await faultOf(backing.flush())).toMatchObject({ code: refusal });
        files.failsWhen = (operation) => operation === 'read';
        if (code === 'IO') {
          expect(await faultOf(readAt(backing, 0, 512))).toMatchObject({ code: refusal });
        }
        files.disarm();
        expect(Buffer.compare(await readAt(backing, 0, SIZE_BYTES), pattern(SIZE_BYTES))).toBe(0);
        await backing.write(pattern(1024, 2), 1024);
        expect(await readAt(backing, 1024, 1024)).toEqual(pattern(1024, 2));
      },
    );

    it('says where an extent ends that is shorter than the disk, where that can be', async () => {
      const { backing, truncate } = await written();
      if (truncate === undefined) return;
      await truncate(SIZE_BYTES - 4096);
      expect(Buffer.compare(await readAt(backing, 0, 4096), pattern(SIZE_BYTES).subarray(0, 4096))).toBe(0);
      expect(await faultOf(readAt(backing, SIZE_BYTES - 4096, 4096))).toMatchObject({
        code: 'FILE_DAMAGED',
        what: `the extent ends at byte ${SIZE_BYTES - 4096}`,
      });
    });
  });
}
