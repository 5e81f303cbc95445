// Chains of every shape against a plain array, through the IO filter too; and links that are merged.
import type { SectorCount } from '@vcryptsim/ports';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openChain } from '../src/disk/disk-chain.js';
import type { Extent } from '../src/disk/extent.js';
import { MemoryExtent } from '../src/disk/memory-extent.js';
import { mergeExtent } from '../src/disk/merge-extent.js';
import { VmcryptFilter } from '../src/disk/vmcrypt-filter.js';
import { contentOf, folderOn, newDelta, newFlat, sectors, testDek } from './support/extents.js';
import { faultOf, pattern } from './support/lab.js';

const SECTORS = 4096 + 64;
const CAPACITY = sectors(SECTORS);

const step = fc
  .record({
    kind: fc.constantFrom('write', 'write', 'discard'),
    start: fc.oneof(fc.nat(62), fc.integer({ min: 4080, max: 4110 })),
    count: fc.integer({ min: 1, max: 20 }),
    salt: fc.integer({ min: 1, max: 250 }),
  })
  .map(({ count, ...rest }) => ({ ...rest, count: Math.min(count, SECTORS - rest.start) }));
/** What is written between one snapshot and the next. */
const history = fc.array(fc.array(step, { maxLength: 6 }), { minLength: 1, maxLength: 4 });

const makers = {
  files: async () => {
    const folder = await folderOn();
    let number = 0;
    return {
      base: await newFlat(folder, CAPACITY),
      child: (capacity: SectorCount) => newDelta(folder, capacity, ++number),
    };
  },
  memory: async () => ({
    base: new MemoryExtent(CAPACITY),
    child: async (capacity: SectorCount) => new MemoryExtent(capacity),
  }),
};

/** Runs a history: each part of it into a new top; answers the links from the top to the base, and what a guest sees. */
async function run(
  parts: readonly (readonly { kind: string; start: number; count: number; salt: number }[])[],
  of: keyof typeof makers,
  unitSizeBytes: 512 | 4096 | null,
) {
  const { base, child } = await makers[of]();
  const dek = testDek();
  const view = (links: readonly [Extent, ...Extent[]]) => {
    const chain = openChain(links);
    return unitSizeBytes === null ? chain : new VmcryptFilter(chain, dek, unitSizeBytes);
  };
  let links: [Extent, ...Extent[]] = [base];
  const model = new Uint8Array(SECTORS * 512);
  for (const [index, part] of parts.entries()) {
    if (index > 0) links = [await child(CAPACITY), ...links];
    const guest = view(links);
    for (const { kind, start, count, salt } of part) {
      const [at, length] = [start * 512, count * 512];
      if (kind === 'discard') await guest.discard(at, length);
      else await guest.write(pattern(length, salt), at);
      model.fill(0, at, at + length);
      if (kind === 'write') model.set(pattern(length, salt), at);
    }
  }
  const seen = async (shown: readonly [Extent, ...Extent[]]): Promise<Uint8Array> => {
    const bytes = new Uint8Array(SECTORS * 512).fill(0xee);
    await view(shown).read(bytes, 0);
    return bytes;
  };
  return { links, model, seen };
}

describe.each(['files', 'memory'] as const)('a chain on %s', (of) => {
  it.each([[null], [512], [4096]] as const)(
    'reads as a plain array, in data units of %s bytes',
    async (unitSizeBytes) => {
      await fc.assert(
        fc.asyncProperty(history, async (parts) => {
          const { links, model, seen } = await run(parts, of, unitSizeBytes);
          expect(Buffer.compare(await seen(links), model)).toBe(0);
        }),
        { numRuns: 25 },
      );
    },
  );

  it.each([[null], [512], [4096]] as const)(
    'of which any child is merged into its parent reads as before, through the child and without it, in units of %s bytes',
    async (unitSizeBytes) => {
      await fc.assert(
        fc.asyncProperty(history, fc.nat(), async (parts, pick) => {
          const { links, model, seen } = await run(parts, of, unitSizeBytes);
          if (links.length === 1) return;
          const index = pick % (links.length - 1);
          const [child, parent] = [links[index], links[index + 1]];
          if (child === undefined || parent === undefined) return;
          const below = await Promise.all(links.slice(0, index + 1).map(contentOf));
          await mergeExtent(child, parent);
          expect(Buffer.compare(await seen(links), model), 'merged').toBe(0);
          await mergeExtent(child, parent);
          const [first, ...rest] = links.filter((link) => link !== child);
          if (first === undefined) return;
          expect(Buffer.compare(await seen([first, ...rest]), model), 'merged twice, and the child dropped').toBe(0);
          for (const [at, content] of below.entries()) {
            expect(
              Buffer.compare(await contentOf(links[at] as Extent), content),
              'nothing above the parent changed',
            ).toBe(0);
          }
        }),
        { numRuns: 25 },
      );
    },
  );
});

describe('merging', () => {
  it('moves ciphertext as it is, tells how far it is, and ends between two windows when it is canceled', async () => {
    const large = sectors(3 * 2048);
    const [child, parent] = [new MemoryExtent(large), new MemoryExtent(large)];
    await child.write(pattern(1024, 1), 0);
    await child.write(pattern(1024, 2), 4000 * 512);
    const progress: number[] = [];
    const cancel = new AbortController();
    const onProgress = (doneBytes: number) => {
      progress.push(doneBytes);
      if (doneBytes === 2 * 2 ** 20) cancel.abort();
    };
    expect(await faultOf(mergeExtent(child, parent, { signal: cancel.signal, onProgress }))).toMatchObject({
      code: 'CANCELED',
    });
    expect(progress).toEqual([2 ** 20, 2 * 2 ** 20]);
    await mergeExtent(child, parent);
    expect(Buffer.compare(await contentOf(parent), await contentOf(child))).toBe(0);
    expect(await parent.allocatedRanges(0, large * 512)).toEqual(await child.allocatedRanges(0, large * 512));
  });

  it('of zeros that were trimmed leaves holes of the base as they are', async () => {
    const folder = await folderOn();
    const base = await newFlat(folder, CAPACITY);
    const child = await newDelta(folder, CAPACITY);
    await child.writeZeroes(0, 64 * 512);
    await mergeExtent(child, base);
    expect((await folder.files.lstat('/web/web-flat.vmdk')).allocatedBytes).toBe(0);
  });
});

describe('a chain', () => {
  it('whose base is smaller than the top reads zeros beyond the base', async () => {
    const [base, top] = [new MemoryExtent(sectors(8)), new MemoryExtent(sectors(16))];
    await base.write(pattern(8 * 512, 1), 0);
    const chain = openChain([top, base]);
    expect(chain.capacity).toBe(16);
    const expected = new Uint8Array(16 * 512);
    expected.set(pattern(8 * 512, 1));
    expect(Buffer.compare(await contentOf(chain), expected)).toBe(0);
    expect(await chain.allocatedRanges(0, 16 * 512)).toEqual([{ startBytes: 0, endBytes: 8 * 512 }]);
  });

  it('of one link is that link', () => {
    const only = new MemoryExtent(CAPACITY);
    expect(openChain([only])).toBe(only);
  });

  it('takes no room for a trim of what is zeros', async () => {
    const folder = await folderOn();
    const chain = openChain([await newDelta(folder, CAPACITY), await newFlat(folder, CAPACITY)]);
    await chain.write(pattern(512, 1), 512 * 70);
    await chain.flush();
    const before = (await folder.readBytes('web-000001-delta.vmdk', 2 ** 24)).length;
    await chain.discard(0, CAPACITY * 512);
    await chain.close();
    expect((await folder.readBytes('web-000001-delta.vmdk', 2 ** 24)).length).toBe(before);
  });
});
