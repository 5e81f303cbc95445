import { nativeEngine } from '@vcryptsim/crypto-core';
import { EsxiHost } from '@vcryptsim/hypervisor';
import { type FileSystem, type HostName, type HostUuid, makeFolders, readWhole, replaceFile } from '@vcryptsim/ports';
import { MemoryFileSystem, SeededEntropy, VirtualClock } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { faultOf, grant, HOST_KEY, KEY, pattern, VM, webVm } from './support/lab.js';

const PATH = '[ds1] web/web.vmx';
const LOCK = '/lab/ds1/web/web.vmx.lck';

/** Boots a host of that number over the shared datastore. */
async function boot(files: FileSystem, number: number, incarnation = 1): Promise<EsxiHost> {
  await makeFolders(files, '/lab/ds1');
  const host = await EsxiHost.boot({
    name: `esx-${number}` as HostName,
    uuid: `00000000-0000-4000-8000-00000000000${number}` as HostUuid,
    version: '8.0',
    folder: `/lab/hosts/esx-${number}`,
    datastores: [{ name: 'ds1', folder: '/lab/ds1' }],
    files,
    clock: new VirtualClock({ startMs: 1_900_000_000_000 }),
    entropy: new SeededEntropy(7).fork(`esx-${number}`, incarnation),
    events: { emit: () => {} },
    engine: nativeEngine(),
    incarnation,
  });
  await host.prepareCrypto();
  await host.enableCrypto(grant(HOST_KEY));
  await host.addKeys([grant(KEY)]);
  return host;
}

async function twoHosts(): Promise<{ files: FileSystem; one: EsxiHost; two: EsxiHost }> {
  const files = new MemoryFileSystem();
  const one = await boot(files, 1);
  await one.createVm(webVm());
  const two = await boot(files, 2);
  await two.registerVm(PATH);
  return { files, one, two };
}

async function allPaths(files: FileSystem, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const name of await files.readdir(folder)) {
    const path = `${folder}/${name}`;
    if ((await files.lstat(path)).kind === 'folder') paths.push(...(await allPaths(files, path)));
    else paths.push(path);
  }
  return paths;
}

const names = (files: FileSystem): Promise<string[]> => files.readdir('/lab/ds1/web');

describe('two hosts over the same files', () => {
  it('run a VM on one of them only', async () => {
    const { files, one, two } = await twoHosts();
    await one.powerOnVm(VM);
    const before = await names(files);
    expect(before).toContain('web.vmx.lck');
    expect(await faultOf(two.powerOnVm(VM))).toEqual({ code: 'FILE_LOCKED', file: PATH, holder: 'host esx-1' });
    await expect(two.powerOnVm(VM)).rejects.toThrow(/Unable to access file .* locked by host esx-1.*web\.vmx\.lck/);
    const source = { sizeBytes: 512, read: async (): Promise<number> => 512 };
    expect(await faultOf(two.importDisk(VM, 2000, source))).toMatchObject({ code: 'FILE_LOCKED' });
    expect(await faultOf(two.exportDisk(VM, 2000, { folder: '/lab', name: 'x' }))).toMatchObject({
      code: 'FILE_LOCKED',
    });
    expect(await names(files)).toEqual(before);
    expect((await two.vm(VM)).connectionState).toBe('connected');
    await one.powerOffVm(VM);
    expect(await names(files)).not.toContain('web.vmx.lck');
    await two.powerOnVm(VM);
    expect(await faultOf(one.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED', holder: 'host esx-2' });
  });

  it('that ask at once: one gets it', async () => {
    const { one, two } = await twoHosts();
    const answers = await Promise.allSettled([one.powerOnVm(VM), two.powerOnVm(VM)]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it.each([1, 2])('also two living objects of one host, the second as boot %i', async (incarnation) => {
    const { files, one } = await twoHosts();
    const twin = await boot(files, 1, incarnation);
    await one.powerOnVm(VM);
    expect(await faultOf(twin.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED', holder: 'host esx-1' });
    await one.powerOffVm(VM);
    await twin.powerOnVm(VM);
    expect(await faultOf(one.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED' });
    await twin.shutDown();
    await one.powerOnVm(VM);
  });

  it('a host whose process was killed takes its own lock over, whichever boot it counts', async () => {
    const { files, one } = await twoHosts();
    await one.powerOnVm(VM);
    // The same files in another process: nobody lives on them.
    const left = new MemoryFileSystem();
    for (const path of await allPaths(files, '/lab')) {
      await makeFolders(left, path.slice(0, path.lastIndexOf('/')));
      await replaceFile(left, path, await readWhole(files, path, 1e6));
    }
    const two = await boot(left, 2);
    expect(await faultOf(two.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED', holder: 'host esx-1' });
    const again = await boot(left, 1, 1);
    await again.powerOnVm(VM);
  });

  it('a host that reboots takes its own lock over, and no other’s', async () => {
    const { files, one, two } = await twoHosts();
    await one.powerOnVm(VM);
    await one.shutDown();
    expect(await names(files)).toContain('web.vmx.lck');
    expect(await faultOf(two.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED', holder: 'host esx-1' });
    const again = await boot(files, 1, 2);
    await again.powerOnVm(VM);
    expect(await faultOf(two.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED' });
    await again.powerOffVm(VM);
    await two.powerOnVm(VM);
  });

  it('a lock that was removed by hand is free, and one that names nobody is held', async () => {
    const { files, one, two } = await twoHosts();
    await one.powerOnVm(VM);
    await one.shutDown();
    await files.unlink(LOCK);
    await two.powerOnVm(VM);
    await two.powerOffVm(VM);
    const handle = await files.open(LOCK, { access: 'write', create: 'exclusive' });
    await handle.close();
    expect(await faultOf(two.powerOnVm(VM))).toMatchObject({
      code: 'FILE_LOCKED',
      holder: 'a host that its lock does not name',
    });
    const again = await files.open(LOCK, { access: 'write' });
    await again.pwrite(pattern(300), 0);
    await again.close();
    expect(await faultOf(two.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED' });
  });

  it('leaves nothing of the lock after a refusal for another reason', async () => {
    const { files, one } = await twoHosts();
    await files.unlink('/lab/ds1/web/web-flat.vmdk');
    const before = await names(files);
    expect(await faultOf(one.powerOnVm(VM))).toMatchObject({ code: 'FILE_DAMAGED' });
    expect(await names(files)).toEqual(before);
  });
});
