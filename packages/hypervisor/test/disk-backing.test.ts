// The layers under a guest's disk: extents of each kind, and the IO filter over them.
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { openChain } from '../src/disk/disk-chain.js';
import { ExtentFile } from '../src/disk/extent-file.js';
import { FlatExtent } from '../src/disk/flat-extent.js';
import { SwappableBacking } from '../src/disk/swappable-backing.js';
import { VmcryptFilter } from '../src/disk/vmcrypt-filter.js';
import { type BackingUnderTest, CAPACITY_SECTORS, diskBackingSuite } from './support/disk-backing-suite.js';
import { folderOn, newDelta, newFlat, sectors, testDek } from './support/extents.js';
import { FailingFiles } from './support/failing-files.js';

const CAPACITY = sectors(CAPACITY_SECTORS);

async function flat(): Promise<BackingUnderTest> {
  const files = new FailingFiles(new MemoryFileSystem());
  const handle = await files.open('/x-flat.vmdk', { access: 'write', create: 'exclusive' });
  await handle.truncate(CAPACITY_SECTORS * 512);
  const truncate = async (sizeBytes: number): Promise<void> => {
    const past = await files.inner.open('/x-flat.vmdk', { access: 'write' });
    await past.truncate(sizeBytes);
    await past.close();
  };
  const backing = new FlatExtent(new ExtentFile(handle, '[ds1] x/x-flat.vmdk'), CAPACITY);
  return { backing, files, truncate };
}

async function chain(): Promise<BackingUnderTest> {
  const files = new FailingFiles(new MemoryFileSystem());
  const folder = await folderOn(files);
  const base = await newFlat(folder, CAPACITY);
  return { backing: openChain([await newDelta(folder, CAPACITY, 2), await newDelta(folder, CAPACITY), base]), files };
}

for (const [name, open] of [
  ['FlatExtent', flat],
  ['a chain of delta extents', chain],
] as const) {
  diskBackingSuite(name, open);
  for (const unitSizeBytes of [512, 4096] as const) {
    diskBackingSuite(`VmcryptFilter in data units of ${unitSizeBytes} bytes over ${name}`, async () => {
      const under = await open();
      return { ...under, backing: new VmcryptFilter(under.backing, testDek(), unitSizeBytes) };
    });
  }
}

diskBackingSuite('SwappableBacking', async () => {
  const [first, second] = [await flat(), await flat()];
  const backing = new SwappableBacking(first.backing);
  await backing.swap(second.backing).close();
  return { ...second, backing };
});
