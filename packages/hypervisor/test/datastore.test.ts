import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError, sectorCount, sectorIndex } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { FaultyFileSystem, type FileFault, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { faultOf, grant, KEY, Lab, OTHER_VM, pattern, plainVm, readSectors, VM, webVm } from './support/lab.js';

const big = webVm({ disks: [{ capacity: sectorCount(8192) }] });

describe('a datastore that will not take a VM', () => {
  it('full before the start: one sentence, nothing made', async () => {
    const lab = await Lab.safe({ files: new MemoryFileSystem({ capacityBytes: 1024 * 1024 }) });
    const before = await lab.paths();
    expect(await faultOf(lab.host.createVm(big))).toMatchObject({ code: 'NO_SPACE' });
    await expect(lab.host.createVm(big)).rejects.toThrow(/no room left .*Free some space/);
    expect(await lab.paths()).toEqual(before);
  });

  it.each([0, 5000, 1024 * 1024 + 1, 4 * 1024 * 1024 + 100])(
    'full after %i bytes: what was made is taken away',
    async (afterBytes) => {
      const inner = new MemoryFileSystem();
      const files = new FullLater(inner);
      const lab = await Lab.safe({ files });
      const before = await lab.digest();
      const end = files.set({ kind: 'no-space', afterBytes });
      expect(await faultOf(lab.host.createVm(big))).toMatchObject({ code: 'NO_SPACE' });
      expect(await lab.digest()).toBe(before);
      expect(await lab.files.readdir(lab.datastore)).toEqual([]);
      end();
      await lab.host.createVm(big);
      await lab.host.powerOnVm(VM);
    },
  );

  it.each<[string, FileFault]>([
    ['read-only', { kind: 'read-only', under: '/lab/datastores' }],
    ['not permitted', { kind: 'not-permitted', under: '/lab/datastores' }],
  ])('%s', async (_name, fault) => {
    const files = new FaultyFileSystem(new MemoryFileSystem());
    const lab = await Lab.safe({ files });
    const end = files.set(fault);
    expect(await faultOf(lab.host.createVm(big))).toMatchObject({ code: 'DATASTORE_NOT_WRITABLE' });
    end();
    expect(await lab.files.readdir(lab.datastore)).toEqual([]);
  });

  it('not there at all', async () => {
    const lab = await Lab.safe();
    await lab.files.rmdir(lab.datastore);
    expect(await faultOf(lab.host.createVm(big))).toMatchObject({ code: 'DATASTORE_NOT_WRITABLE' });
  });

  it('every single call failing once: no VM and no file, or a whole VM', async () => {
    let refusals = 0;
    for (let atCall = 1; ; atCall += 1) {
      const files = new FaultyFileSystem(new MemoryFileSystem());
      const lab = await Lab.safe({ files });
      const end = files.set({ kind: 'io-error', atCall });
      const error = await lab.host.createVm(webVm()).then(
        () => null,
        (reason: Error) => reason,
      );
      end();
      if (error === null) break;
      refusals += 1;
      expect(error.name).toBe('HypervisorError');
      expect(await lab.host.vms()).toEqual([]);
      await lab.reboot();
      const [vm] = await lab.host.vms();
      expect(vm === undefined || vm.damage === undefined, `call ${atCall}`).toBe(true);
    }
    expect(refusals).toBeGreaterThan(20);
  });
});

describe('datastores of two types', () => {
  it('are shown with type and room, and without room while they do not answer', async () => {
    const lab = await Lab.boot({ files: new MemoryFileSystem({ capacityBytes: 1024 * 1024 }), nfs: true });
    const [vmfs, nfs] = await lab.host.datastores();
    expect([vmfs, nfs]).toMatchObject([
      { name: 'ds1', type: 'VMFS', accessible: true },
      { name: 'nfs1', type: 'NFS', accessible: true },
    ]);
    await lab.host.createVm(plainVm());
    const [later] = await lab.host.datastores();
    expect((vmfs?.freeBytes ?? 0) - (later?.freeBytes ?? 0)).toBeGreaterThanOrEqual(64 * 1024);
    await lab.files.rename(lab.nfs, `${lab.nfs}-away`);
    expect((await lab.host.datastores())[1]).toEqual({ name: 'nfs1', type: 'NFS', accessible: false, freeBytes: null });
    await lab.files.rename(`${lab.nfs}-away`, lab.nfs);
    expect((await lab.host.datastores())[1]).toMatchObject({ accessible: true });
  });

  it('hold an encrypted VM alike: ciphertext under a key of its own, locked without it, whole with it', async () => {
    const lab = await Lab.safe({ nfs: true });
    const secret = pattern(4096);
    const disks = [{ capacity: sectorCount(64) }, { capacity: sectorCount(64), dataUnitSizeBytes: 4096 as const }];
    const places = [
      { uuid: VM, datastore: 'ds1', folder: lab.datastore },
      { uuid: OTHER_VM, datastore: 'nfs1', folder: lab.nfs },
    ];
    for (const { uuid, datastore, folder } of places) {
      expect(await lab.host.createVm(webVm({ uuid, datastore, disks }))).toMatchObject({
        vmxPath: `[${datastore}] web/web.vmx`,
        disks: [{ fileName: `[${datastore}] web/web.vmdk` }, { fileName: `[${datastore}] web/web_1.vmdk` }],
      });
      await lab.host.powerOnVm(uuid);
      for (const deviceKey of [2000, 2001]) {
        const disk = await lab.host.openDisk(uuid, deviceKey);
        await disk.writeSectors(sectorIndex(8), secret);
        await disk.flush();
      }
      const names = (await lab.files.readdir(`${folder}/web`)).filter((name) => !/^\.lck-|\.vswp$/.test(name));
      expect(names.sort()).toEqual(
        [
          'vmware.log',
          'web-flat.vmdk',
          'web.nvram',
          'web.vmdk',
          'web.vmsd',
          'web.vmx',
          'web.vmx.lck',
          'web_1-flat.vmdk',
          'web_1.vmdk',
        ].sort(),
      );
    }
    expect(await lab.filesWith(secret.subarray(0, 16))).toEqual([]);
    await lab.reboot();
    expect((await lab.host.vms()).map(({ cryptoState }) => cryptoState)).toEqual(['locked', 'locked']);
    await lab.enableCrypto();
    await lab.host.addKeys([grant(KEY)]);
    for (const { uuid } of places) {
      await lab.host.powerOnVm(uuid);
      for (const deviceKey of [2000, 2001]) {
        expect(await readSectors(await lab.host.openDisk(uuid, deviceKey), 8, 8)).toEqual(secret);
      }
    }
  });
});

describe('an import that fails', () => {
  it('leaves the disk as it was', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    const before = await lab.digest();
    const failing = {
      sizeBytes: 1024,
      read: async (): Promise<number> => {
        throw new FileError('IO', 'read', '/image');
      },
    };
    await expect(lab.host.importDisk(VM, 2000, failing)).rejects.toThrow();
    const large = { sizeBytes: 129 * 512, read: async () => 0 };
    expect(await faultOf(lab.host.importDisk(VM, 2000, large))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await faultOf(lab.host.importDisk(VM, 2009, large))).toMatchObject({ code: 'DISK_NOT_FOUND' });
    expect(await lab.digest()).toBe(before);
  });
});

describe('real files', () => {
  it('refuses links, pipes and folders in a file’s place', async () => {
    const root = mkdtempSync(join(tmpdir(), 'vcryptsim-hypervisor-'));
    try {
      const lab = await Lab.safe({ files: new OsFileSystem(), root });
      await lab.host.createVm(webVm());
      const place = lab.path('web-flat.vmdk');
      await lab.files.rename(place, `${place}.saved`);
      symlinkSync(`${place}.saved`, place);
      expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({
        code: 'FILE_DAMAGED',
        what: 'it is a link, not a file',
      });
      await lab.files.unlink(place);
      execFileSync('mkfifo', [place]);
      expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({
        code: 'FILE_DAMAGED',
        what: 'it is a device, not a file',
      });
      await lab.files.unlink(place);
      await lab.files.mkdir(place);
      expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({
        code: 'FILE_DAMAGED',
        what: 'it is a folder, not a file',
      });
      await lab.files.rmdir(place);
      await lab.files.rename(`${place}.saved`, place);
      await lab.host.powerOnVm(VM);
      await lab.host.powerOffVm(VM);
      await lab.host.unregisterVm(VM);
      await lab.files.rename(`${lab.datastore}/web`, `${lab.datastore}/elsewhere`);
      symlinkSync(`${lab.datastore}/elsewhere`, `${lab.datastore}/web`);
      expect(await faultOf(lab.host.registerVm('[ds1] web/web.vmx'))).toMatchObject({
        what: 'it is a link, not a folder',
      });
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('refuses paths of another form', async () => {
    const lab = await Lab.safe();
    for (const path of [
      '/etc/passwd',
      '[ds1] ../x/y.vmx',
      '[ds1] x/../../y.vmx',
      '[ds1] /x/y.vmx',
      'web.vmx',
      '[ds1] x/.y',
    ]) {
      expect(await faultOf(lab.host.registerVm(path))).toEqual({ code: 'INVALID_ARGUMENT', what: 'path' });
    }
    expect(await faultOf(lab.host.registerVm('[ds9] web/web.vmx'))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await faultOf(lab.host.registerVm('[ds1] web/web.vmx'))).toMatchObject({ code: 'FILE_DAMAGED' });
  });
});

/** Fills up in the middle of a write only: `statfs` still promises room, as on a datastore that others share. */
class FullLater extends FaultyFileSystem {
  override async statfs(): Promise<{ readonly freeBytes: number }> {
    return { freeBytes: 2 ** 40 };
  }
}
