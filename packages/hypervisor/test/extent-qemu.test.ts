// qemu-img is another reader of delta extents: what it reads of a plain chain is what the chain reads.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiskUuid } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { openChain } from '../src/disk/disk-chain.js';
import { composeChildDescriptor } from '../src/formats/compose-child-descriptor.js';
import { composeDescriptor } from '../src/formats/compose-descriptor.js';
import { contentOf, deltaName, folderOn, newDelta, newFlat, openDelta, openFlat, sectors } from './support/extents.js';
import { pattern } from './support/lab.js';

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
if (!hasQemu) leftOut('qemu-img on delta extents', 'qemu-img is not installed (package qemu-utils)');

const CAPACITY = sectors(2 * 4096 + 128);
const CID = 0x1b2c3d4e;
const write = fc.record({
  start: fc.oneof(fc.nat(CAPACITY - 30), fc.constantFrom(0, 4090, 8188)),
  count: fc.integer({ min: 1, max: 30 }),
  zeros: fc.boolean(),
  salt: fc.integer({ min: 1, max: 250 }),
});

describe('a plain chain of a base and three deltas', () => {
  let root: string;
  let run = 0;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'vcryptsim-extents-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const descriptorName = (link: number): string => (link === 0 ? 'web.vmdk' : `web-00000${link}.vmdk`);
  const writeDescriptors = (folder: string): void => {
    const uuid = '6000c290-0011-2233-4455-66778899aabb' as DiskUuid;
    const base = {
      createType: 'vmfs',
      contentId: CID,
      uuid,
      capacity: CAPACITY,
      extentFileName: 'web-flat.vmdk',
    } as const;
    writeFileSync(join(folder, descriptorName(0)), composeDescriptor(base));
    for (const link of [1, 2, 3]) {
      const spec = {
        parentFileNameHint: descriptorName(link - 1),
        parentCid: CID,
        contentId: CID,
        longContentId: `000000000000000000000000${CID.toString(16)}`,
        capacity: CAPACITY,
        extentFileName: deltaName(link),
      };
      writeFileSync(join(folder, descriptorName(link)), composeChildDescriptor(spec));
    }
  };

  it.runIf(hasQemu)(
    'is converted by qemu-img to what the chain reads, from the top and from each link below',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(write, { maxLength: 8 }), { minLength: 4, maxLength: 4 }), async (parts) => {
          const path = join(root, String(++run));
          const folder = await folderOn(new OsFileSystem(), path);
          let links: Parameters<typeof openChain>[0] = [await newFlat(folder, CAPACITY)];
          const views: Uint8Array[] = [];
          for (const [link, writes] of parts.entries()) {
            if (link > 0) links = [await newDelta(folder, CAPACITY, link), ...links];
            const chain = openChain(links);
            for (const { start, count, zeros, salt } of writes) {
              if (zeros) await chain.discard(start * 512, count * 512);
              else await chain.write(pattern(count * 512, salt), start * 512);
            }
            await chain.flush();
            views.push(await contentOf(chain));
          }
          await openChain(links).close();
          writeDescriptors(path);
          for (const [link, view] of views.entries()) {
            const seen = join(path, 'seen.img');
            execFileSync('qemu-img', ['convert', '-f', 'vmdk', '-O', 'raw', join(path, descriptorName(link)), seen]);
            expect(readFileSync(seen).equals(view), `from link ${link}`).toBe(true);
          }
          const info = JSON.parse(
            execFileSync('qemu-img', ['info', '--output=json', join(path, descriptorName(3))], { encoding: 'utf8' }),
          );
          expect(info).toMatchObject({
            format: 'vmdk',
            'virtual-size': CAPACITY * 512,
            'backing-filename': 'web-000002.vmdk',
          });
          expect(info['format-specific'].data['create-type']).toBe('vmfsSparse');
        }),
        { numRuns: 4 },
      );
    },
  );

  it.runIf(hasQemu)('is written to by qemu-io where it has a grain table, and the chain reads that', async () => {
    const path = join(root, 'written');
    const folder = await folderOn(new OsFileSystem(), path);
    const [base, delta] = [await newFlat(folder, CAPACITY), await newDelta(folder, CAPACITY)];
    await base.write(pattern(CAPACITY * 512, 3), 0);
    await delta.write(pattern(512, 9), 512);
    await openChain([delta, base]).close();
    writeDescriptors(path);
    const file = join(path, descriptorName(1));
    execFileSync('qemu-io', ['-f', 'vmdk', '-c', `write -P 0x41 ${100 * 512} 1536`, file]);
    const chain = openChain([await openDelta(folder, CAPACITY), await openFlat(folder, CAPACITY)]);
    const expected = pattern(CAPACITY * 512, 3);
    expected.set(pattern(512, 9), 512);
    expected.fill(0x41, 100 * 512, 103 * 512);
    expect(Buffer.compare(await contentOf(chain), expected)).toBe(0);
    await chain.close();
  });
});
