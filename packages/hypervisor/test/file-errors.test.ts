import { Kek } from '@vcryptsim/crypto-core';
import type { ImageSource } from '@vcryptsim/hypervisor';
import type { HypervisorError } from '@vcryptsim/hypervisor/api';
import type { FileErrorCode } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it, vi } from 'vitest';
import { FailingFiles } from './support/failing-files.js';
import { faultOf, grant, KEY, Lab, pattern, readSectors, VM, webVm } from './support/lab.js';

/** Codes that say something of the medium, the process or the permissions, and nothing of a file. */
const CODES: readonly FileErrorCode[] = ['IO', 'TOO_MANY_OPEN', 'NOT_PERMITTED', 'CLOSED'];

async function labWithVm(): Promise<{ lab: Lab; files: FailingFiles }> {
  const files = new FailingFiles(new MemoryFileSystem());
  const lab = await Lab.safe({ files });
  await lab.host.createVm(webVm());
  return { lab, files };
}

/** Whatever a call ended in: null, or its error, which is a refusal of the host. */
async function errorOf(work: Promise<unknown>): Promise<HypervisorError | null> {
  const error = await work.then(
    () => null,
    (reason: HypervisorError) => reason,
  );
  if (error !== null) expect(error.name, String(error.stack)).toBe('HypervisorError');
  return error;
}

describe('a file call that fails never makes a healthy VM invalid', () => {
  it.each(CODES)('power on, %s at each call', async (code) => {
    const { lab, files } = await labWithVm();
    let refusals = 0;
    for (let at = 1; ; at += 1) {
      files.arm(at, code);
      const error = await errorOf(lab.host.powerOnVm(VM));
      files.disarm();
      const info = await lab.host.vm(VM);
      expect(info.damage, `call ${at}: ${error?.message}`).toBeUndefined();
      expect(info.connectionState).toBe('connected');
      if (error === null) {
        await lab.host.powerOffVm(VM);
        if (files.calls < at) break;
        continue;
      }
      expect(['FILE_INACCESSIBLE', 'DATASTORE_NOT_WRITABLE'], `call ${at}`).toContain(error.code);
      refusals += 1;
    }
    expect(refusals).toBeGreaterThan(10);
    await lab.host.powerOnVm(VM);
  });

  it.each(CODES)('boot, %s at each call: the VM is inaccessible until the medium serves', async (code) => {
    const { lab, files } = await labWithVm();
    let refusedBoots = 0;
    let inaccessible = 0;
    for (let at = 1; ; at += 1) {
      await lab.host.shutDown();
      files.arm(at, code);
      const error = await errorOf(lab.bootHost());
      const failed = files.calls >= at;
      files.disarm();
      if (error !== null) {
        expect(['FILE_INACCESSIBLE', 'DATASTORE_NOT_WRITABLE']).toContain(error.code);
        refusedBoots += 1;
        continue;
      }
      if (lab.types().at(-1) === 'HOST_BOOTED') inaccessible += 1;
      expect(await lab.host.vm(VM)).toMatchObject({ cryptoState: 'locked', connectionState: 'invalid' });
      expect((await lab.host.vm(VM)).damage).toBeUndefined();
      await lab.enableCrypto();
      await lab.host.addKeys([grant(KEY)]);
      expect(await lab.host.vm(VM)).toMatchObject({ cryptoState: 'unlocked', connectionState: 'connected' });
      if (!failed) break;
    }
    expect(refusedBoots).toBeGreaterThan(2);
    expect(inaccessible).toBeGreaterThan(5);
  });

  it.each(CODES)(
    'import and export, %s at each call: the disk holds the old or the new, and nothing is left',
    async (code) => {
      const { lab, files } = await labWithVm();
      const folder = await lab.files.readdir(`${lab.datastore}/web`);
      const image = (salt: number): ImageSource => {
        const bytes = pattern(128 * 512, salt);
        return { sizeBytes: bytes.length, read: async (buffer, at) => Buffer.from(bytes).copy(buffer, 0, at) };
      };
      let refusals = 0;
      for (let at = 1; at < 500; at += 1) {
        files.arm(at, code);
        const imported = await errorOf(lab.host.importDisk(VM, 2000, image(at)));
        const importCalls = files.calls;
        files.arm(at, code);
        const exported = await errorOf(lab.host.exportDisk(VM, 2000, { folder: '/lab', name: `copy-${at}` }));
        const exportCalls = files.calls;
        files.disarm();
        for (const error of [imported, exported]) {
          if (error === null) continue;
          refusals += 1;
          expect(['FILE_INACCESSIBLE', 'DATASTORE_NOT_WRITABLE'], `call ${at}: ${error.message}`).toContain(error.code);
        }
        expect((await lab.host.vm(VM)).damage).toBeUndefined();
        await lab.host.powerOnVm(VM);
        const disk = await lab.host.openDisk(VM, 2000);
        const first = await readSectors(disk, 0, 1);
        await lab.host.powerOffVm(VM);
        if (imported === null) expect(first).toEqual(pattern(512, at));
        const left = (await lab.files.readdir(`${lab.datastore}/web`)).filter((name) => !folder.includes(name));
        // What a failed removal leaves is replaced by the next import.
        expect(
          left.every((name) => name.endsWith('.importing')),
          left.join(),
        ).toBe(true);
        if (at > importCalls && at > exportCalls) break;
      }
      expect(refusals).toBeGreaterThan(30);
    },
  );

  it('says so while the medium fails, and which call of the system failed', async () => {
    const { lab, files } = await labWithVm();
    await lab.host.shutDown();
    await lab.bootHost();
    files.arm(4, 'TOO_MANY_OPEN', true);
    const error = await errorOf(lab.host.registerVm('[ds1] web/web.vmx'));
    expect(error?.code).toBe('FILE_INACCESSIBLE');
    expect(error?.message).toMatch(/too many files are open .*Nothing is known to be wrong with the file.*ulimit/);
    expect(error?.message).not.toMatch(/Correct|saved copy/);
  });

  it.each(CODES)('reads and writes of a guest, %s', async (code) => {
    const { lab, files } = await labWithVm();
    await lab.host.powerOnVm(VM);
    const disk = await lab.host.openDisk(VM, 2000);
    files.arm(1, code);
    expect(['FILE_INACCESSIBLE', 'DATASTORE_NOT_WRITABLE']).toContain((await errorOf(readSectors(disk, 0, 1)))?.code);
    files.disarm();
    expect((await readSectors(disk, 0, 1)).every((byte) => byte === 0)).toBe(true);
    expect((await lab.host.vm(VM)).damage).toBeUndefined();
  });

  it('a datastore that is not there is not a missing file', async () => {
    const { lab } = await labWithVm();
    await lab.files.rename(lab.datastore, `${lab.datastore}-away`);
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'FILE_INACCESSIBLE', reason: 'NOT_FOUND' });
    await lab.reboot();
    expect(await lab.host.vm(VM)).toMatchObject({ connectionState: 'inaccessible' });
    expect((await lab.host.vm(VM)).problem).toContain('the datastore is not there');
    await lab.files.rename(`${lab.datastore}-away`, lab.datastore);
    expect(await lab.host.vm(VM)).toMatchObject({ cryptoState: 'locked', connectionState: 'invalid' });
    await lab.files.unlink(lab.path('web.vmx'));
    await lab.reboot();
    expect(await lab.host.vm(VM)).toMatchObject({ damage: 'FILE_DAMAGED', connectionState: 'invalid' });
  });
});

describe('keys go when the power goes, whatever a file call says', () => {
  it('shut down while nothing can be closed', async () => {
    const { lab, files } = await labWithVm();
    await lab.host.powerOnVm(VM);
    const disposed = vi.spyOn(Kek.prototype, 'dispose');
    try {
      files.arm(1, 'IO', true);
      await lab.host.shutDown();
      // The host key, KEY and the other one.
      expect(disposed).toHaveBeenCalledTimes(3);
      expect(lab.types().at(-1)).toBe('HOST_GONE');
    } finally {
      disposed.mockRestore();
    }
  });

  it('power off while nothing can be closed: off all the same, and on again', async () => {
    const { lab, files } = await labWithVm();
    await lab.host.powerOnVm(VM);
    const disk = await lab.host.openDisk(VM, 2000);
    files.arm(1, 'IO', true);
    expect((await errorOf(lab.host.powerOffVm(VM)))?.code).toBe('FILE_INACCESSIBLE');
    files.disarm();
    expect((await lab.host.vm(VM)).powerState).toBe('poweredOff');
    expect(await faultOf(readSectors(disk, 0, 1))).toMatchObject({ code: 'INVALID_STATE' });
    await lab.host.powerOnVm(VM);
    const again = await lab.host.openDisk(VM, 2000);
    await again.writeSectors(0 as never, pattern(512));
    expect(await readSectors(again, 0, 1)).toEqual(pattern(512));
  });
});
