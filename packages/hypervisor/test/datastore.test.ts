import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError, sectorCount } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { FaultyFileSystem, type FileFault, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { faultOf, Lab, VM, webVm } from './support/lab.js';

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
