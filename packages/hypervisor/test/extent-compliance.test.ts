// Every kind of extent, and a chain of them, does what an extent does.
import { CowdExtent } from '../src/disk/cowd-extent.js';
import { openChain } from '../src/disk/disk-chain.js';
import { ExtentFile } from '../src/disk/extent-file.js';
import { FlatExtent } from '../src/disk/flat-extent.js';
import { MemoryExtent } from '../src/disk/memory-extent.js';
import { extentSuite } from './support/extent-suite.js';
import { folderOn, newChain, newDelta, newFlat, openDelta, openFlat } from './support/extents.js';

extentSuite('FlatExtent', 'all', async (capacity) => {
  const folder = await folderOn();
  await (await newFlat(folder, capacity)).close();
  const shown = folder.shown('web-flat.vmdk');
  const reopen = async () =>
    new FlatExtent(new ExtentFile(await folder.openFile('web-flat.vmdk', 'write'), shown), capacity);
  return { extent: await reopen(), reopen };
});

extentSuite('MemoryExtent', 'written', async (capacity) => ({ extent: new MemoryExtent(capacity) }));

extentSuite('CowdExtent', 'written', async (capacity) => {
  const folder = await folderOn();
  await CowdExtent.create(folder, 'web-000001-delta.vmdk', capacity);
  const reopen = () => CowdExtent.open(folder, 'web-000001-delta.vmdk', capacity, 'write');
  return { extent: await reopen(), reopen };
});

extentSuite('DiskChain of two deltas', 'written', async (capacity) => {
  const folder = await folderOn();
  const reopen = async () => openChain([await openDelta(folder, capacity, 2), await openDelta(folder, capacity, 1)]);
  for (const number of [1, 2]) await (await newDelta(folder, capacity, number)).close();
  return { extent: await reopen(), reopen };
});

extentSuite('DiskChain of a base and three deltas', 'all', async (capacity) => {
  const folder = await folderOn();
  const reopen = async () =>
    openChain([
      await openDelta(folder, capacity, 3),
      await openDelta(folder, capacity, 2),
      await openDelta(folder, capacity, 1),
      await openFlat(folder, capacity),
    ]);
  return { extent: await newChain(folder, capacity, 3), reopen };
});
