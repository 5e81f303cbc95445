// The layers under a guest's disk: the extent's file, and the IO filter over it.
import { Dek, Kek, nativeEngine } from '@vcryptsim/crypto-core';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { FlatExtent } from '../src/disk/flat-extent.js';
import { VmcryptFilter } from '../src/disk/vmcrypt-filter.js';
import { type BackingUnderTest, CAPACITY_SECTORS, diskBackingSuite } from './support/disk-backing-suite.js';
import { FailingFiles } from './support/failing-files.js';
import { KEY, pattern } from './support/lab.js';

async function extent(): Promise<BackingUnderTest> {
  const files = new FailingFiles(new MemoryFileSystem());
  const handle = await files.open('/x-flat.vmdk', { access: 'write', create: 'exclusive' });
  await handle.truncate(CAPACITY_SECTORS * 512);
  const truncate = async (sizeBytes: number): Promise<void> => {
    const past = await files.inner.open('/x-flat.vmdk', { access: 'write' });
    await past.truncate(sizeBytes);
    await past.close();
  };
  return { backing: new FlatExtent(handle, '[ds1] x/x-flat.vmdk'), files, truncate };
}

function dek(): Dek {
  const kek = Kek.take(KEY.bytes.slice());
  const draw = (lengthBytes: number): Uint8Array => pattern(lengthBytes, 5);
  return Dek.make({ engine: nativeEngine(), draw, kek, binding: {}, iv: new Uint8Array(16) }).dek;
}

diskBackingSuite('FlatExtent', extent);
for (const unitSizeBytes of [512, 4096] as const) {
  diskBackingSuite(`VmcryptFilter in data units of ${unitSizeBytes} bytes`, async () => {
    const under = await extent();
    return { ...under, backing: new VmcryptFilter(under.backing, dek(), unitSizeBytes) };
  });
}
