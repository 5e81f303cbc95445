// Snapshots of a VM: what the guest reads after each, which files are there, and what is in them.
import type { CryptoSpec, HypervisorErrorCode, SnapshotCreateSpec } from '@vcryptsim/hypervisor/api';
import { sectorCount, sectorIndex } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import {
  dekIn,
  faultOf,
  grant,
  KEY,
  Lab,
  lockedIn,
  OTHER_KEY,
  pattern,
  plainVm,
  readSectors,
  unlockByHand,
  VM,
  webVm,
} from './support/lab.js';

const SECTORS = 64;
const disks = [
  { capacity: sectorCount(SECTORS) },
  { capacity: sectorCount(SECTORS), dataUnitSizeBytes: 4096 },
] as const;
const shallow: CryptoSpec = { type: 'ShallowRecrypt', newKeyId: OTHER_KEY.id };

/** A VM with two disks, encrypted or plain, on or off. */
class Subject {
  /** What each disk holds, as its guest wrote it. */
  model = new Map([
    [2000, new Uint8Array(SECTORS * 512)],
    [2001, new Uint8Array(SECTORS * 512)],
  ]);
  #seed = 0;

  private constructor(
    readonly lab: Lab,
    readonly isOn: boolean,
  ) {}

  static async make(isEncrypted: boolean, isOn: boolean): Promise<Subject> {
    const lab = await Lab.safe();
    await lab.host.createVm(isEncrypted ? webVm({ disks }) : plainVm({ disks }));
    if (isOn) await lab.host.powerOnVm(VM);
    return new Subject(lab, isOn);
  }

  get host(): Lab['host'] {
    return this.lab.host;
  }

  /** Does something with the disks of the VM, which is on for it. */
  async #on(work: () => Promise<void>): Promise<void> {
    const wasOn = (await this.host.vm(VM)).powerState === 'poweredOn';
    if (!wasOn) await this.host.powerOnVm(VM);
    await work();
    if (!this.isOn) await this.host.powerOffVm(VM);
  }

  async write(start: number, count: number): Promise<void> {
    await this.#on(async () => {
      for (const [deviceKey, data] of this.model) {
        this.#seed += 1;
        const bytes = pattern(count * 512, this.#seed);
        await (await this.host.openDisk(VM, deviceKey)).writeSectors(sectorIndex(start), bytes, { fua: true });
        data.set(bytes, start * 512);
      }
    });
  }

  async expectModel(): Promise<void> {
    await this.#on(async () => {
      for (const [deviceKey, data] of this.model) {
        const read = await readSectors(await this.host.openDisk(VM, deviceKey), 0, SECTORS);
        expect(Buffer.compare(read, data), `disk ${deviceKey} reads what its guest wrote`).toBe(0);
      }
    });
  }

  copy(): Subject['model'] {
    return new Map([...this.model].map(([key, data]) => [key, data.slice()]));
  }

  async take(spec: Partial<SnapshotCreateSpec> = {}): Promise<number> {
    return (await this.host.createSnapshot(VM, { name: 'before the update', ...spec })).id;
  }

  async names(): Promise<readonly string[]> {
    return (await this.lab.files.readdir(`${this.lab.datastore}/web`)).toSorted();
  }
}

describe.each([
  ['an encrypted VM that is off', true, false],
  ['an encrypted VM that runs', true, true],
  ['a plain VM that is off', false, false],
  ['a plain VM that runs', false, true],
] as const)('[S05] snapshots of %s', (_name, isEncrypted, isOn) => {
  it('freeze the disks, and the guest goes on in children', async () => {
    const vm = await Subject.make(isEncrypted, isOn);
    await vm.write(0, 64);
    const base = await vm.lab.read('web-flat.vmdk');
    const id = await vm.take({ description: 'of the payroll' });
    expect(await vm.names()).toEqual(
      expect.arrayContaining([
        ...['web-000001-delta.vmdk', 'web-000001.vmdk', 'web_1-000001-delta.vmdk', 'web_1-000001.vmdk'],
        ...['web-Snapshot1.vmsn', 'web.vmsd'],
      ]),
    );
    await vm.write(5, 20);
    await vm.expectModel();
    expect(Buffer.compare(await vm.lab.read('web-flat.vmdk'), base)).toBe(0);
    expect(await vm.host.snapshots(VM)).toMatchObject({
      currentId: id,
      consolidationNeeded: false,
      snapshots: [{ id, name: 'before the update', description: 'of the payroll', parentId: null, hasMemory: false }],
    });
    await vm.lab.reboot();
    await vm.lab.enableCrypto();
    await vm.host.addKeys([grant(KEY)]);
    await vm.expectModel();
  });

  it('bring back what was, and lose what came after', async () => {
    const vm = await Subject.make(isEncrypted, isOn);
    await vm.write(0, 64);
    const id = await vm.take();
    const then = vm.copy();
    await vm.write(3, 9);
    await vm.host.revertToSnapshot(VM, id);
    expect((await vm.host.vm(VM)).powerState).toBe('poweredOff');
    vm.model = then;
    await vm.expectModel();
    expect(await vm.names()).not.toContain('web-000001.vmdk');
    await vm.write(7, 2);
    await vm.expectModel();
    await vm.host.revertToSnapshot(VM, id);
  });

  it('are taken in a line, brought back in any order, and removed one by one', async () => {
    const vm = await Subject.make(isEncrypted, isOn);
    await vm.write(0, 10);
    const [one, first] = [await vm.take({ name: 'one' }), vm.copy()];
    await vm.write(5, 10);
    const [two, second] = [await vm.take({ name: 'two' }), vm.copy()];
    await vm.write(10, 10);
    await vm.host.revertToSnapshot(VM, one);
    vm.model = first;
    await vm.expectModel();
    await vm.write(20, 4);
    const [three, third] = [await vm.take({ name: 'three' }), vm.copy()];
    await vm.write(40, 4);
    await vm.host.revertToSnapshot(VM, two);
    vm.model = second;
    await vm.expectModel();
    await vm.write(50, 4);
    await vm.host.removeSnapshot(VM, { id: one });
    await vm.expectModel();
    await vm.host.removeSnapshot(VM, { id: two });
    await vm.expectModel();
    expect(await vm.host.snapshots(VM)).toMatchObject({ currentId: null, snapshots: [{ id: three, parentId: null }] });
    await vm.host.revertToSnapshot(VM, three);
    vm.model = third;
    await vm.expectModel();
    await vm.host.removeAllSnapshots(VM);
    await vm.expectModel();
    expect(await vm.host.snapshots(VM)).toEqual({ currentId: null, snapshots: [], consolidationNeeded: false });
    const left = (await vm.names()).filter((name) => /-\d{6}|vmsn|vmem|change|next/.test(name));
    expect(left).toEqual([]);
    expect((await vm.host.createSnapshot(VM, { name: 'four' })).id).toBe(4);
  });

  it('with all that rests on them are removed together', async () => {
    const vm = await Subject.make(isEncrypted, isOn);
    const one = await vm.take();
    await vm.write(0, 3);
    await vm.take();
    await vm.write(2, 3);
    await vm.host.removeSnapshot(VM, { id: one, removeChildren: true });
    expect((await vm.host.snapshots(VM)).snapshots).toEqual([]);
    await vm.expectModel();
    expect((await vm.names()).filter((name) => name.includes('-0000'))).toEqual([]);
  });

  it('are refused by number where there is none, and nothing changes', async () => {
    const vm = await Subject.make(isEncrypted, isOn);
    await vm.take();
    const before = await vm.lab.digest();
    expect(await faultOf(vm.host.revertToSnapshot(VM, 7))).toMatchObject({ code: 'SNAPSHOT_NOT_FOUND', snapshot: 7 });
    expect(await faultOf(vm.host.removeSnapshot(VM, { id: 7 }))).toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' });
    expect((await vm.host.vm(VM)).powerState).toBe(isOn ? 'poweredOn' : 'poweredOff');
    expect(await vm.lab.digest()).toBe(before);
  });
});

describe('[S05] snapshots of an encrypted VM', () => {
  it('repeat the one DEK in each link, sealed by the one KEK, and hold no plaintext', async () => {
    const vm = await Subject.make(true, true);
    const marker = Buffer.from('a line that only the guest may read '.repeat(15)).subarray(0, 512);
    const disk = await vm.host.openDisk(VM, 2000);
    await disk.writeSectors(sectorIndex(1), marker);
    await vm.take();
    await disk.writeSectors(sectorIndex(2), marker);
    await disk.flush();
    const deks = await Promise.all(
      ['web.vmdk', 'web-000001.vmdk'].map(async (name) =>
        dekIn(unlockByHand(lockedIn(await vm.lab.readText(name)), KEY.bytes) ?? ''),
      ),
    );
    expect(deks[1]).toEqual(deks[0]);
    const [base, delta] = [await vm.lab.read('web-flat.vmdk'), await vm.lab.read('web-000001-delta.vmdk')];
    expect(Buffer.from(delta).includes(marker)).toBe(false);
    expect(await vm.lab.filesWith(new Uint8Array(marker).subarray(0, 64))).toEqual([]);
    expect(await vm.lab.filesWith(Buffer.from('SetupPassword'))).toEqual([]);
    // Equal sectors at one place would show: one DEK, absolute tweaks.
    await disk.writeSectors(sectorIndex(1), marker);
    await disk.flush();
    const again = await vm.lab.read('web-000001-delta.vmdk');
    expect(Buffer.from(again).includes(Buffer.from(base.subarray(512, 1024)))).toBe(true);
  });

  it('are recrypted (shallow) over the whole chain, running or not, and brought back under the new key', async () => {
    const vm = await Subject.make(true, true);
    await vm.write(0, 8);
    const id = await vm.take();
    const then = vm.copy();
    await vm.write(4, 8);
    await vm.host.reconfigureVm(VM, { crypto: shallow });
    for (const name of ['web.vmx', 'web.vmdk', 'web-000001.vmdk', 'web_1.vmdk', 'web_1-000001.vmdk']) {
      expect(unlockByHand(lockedIn(await vm.lab.readText(name)), KEY.bytes), name).toBeNull();
    }
    await vm.expectModel();
    await vm.host.removeKeys([KEY.id], true);
    await vm.host.revertToSnapshot(VM, id);
    vm.model = then;
    await vm.expectModel();
    await vm.host.removeAllSnapshots(VM);
    await vm.expectModel();
  });

  it('keep a VM from being encrypted, decrypted or recrypted (deep), and branches from a shallow recrypt too', async () => {
    const vm = await Subject.make(true, false);
    const one = await vm.take();
    const deep: CryptoSpec = { type: 'DeepRecrypt', newKeyId: OTHER_KEY.id };
    for (const crypto of [deep, { type: 'Decrypt' } as const]) {
      const before = await vm.lab.digest();
      expect(await faultOf(vm.host.reconfigureVm(VM, { crypto }))).toMatchObject({ code: 'SNAPSHOTS_PRESENT' });
      expect(await vm.lab.digest()).toBe(before);
    }
    await vm.take();
    await vm.host.revertToSnapshot(VM, one);
    expect(await faultOf(vm.host.reconfigureVm(VM, { crypto: shallow }))).toMatchObject({ code: 'SNAPSHOTS_PRESENT' });
  });

  it('are refused while links are under different KEKs, which a shallow recrypt mends', async () => {
    const vm = await Subject.make(true, false);
    await vm.write(0, 8);
    const id = await vm.take();
    await vm.write(1, 2);
    const old = await vm.lab.read('web.vmdk');
    await vm.host.reconfigureVm(VM, { crypto: shallow });
    await vm.lab.overwrite('web.vmdk', old);
    await vm.expectModel();
    const before = await vm.lab.digest();
    const calls = [() => vm.take(), () => vm.host.revertToSnapshot(VM, id), () => vm.host.removeSnapshot(VM, { id })];
    for (const call of calls) {
      expect(await faultOf(call())).toMatchObject({ code: 'MIXED_KEYS', disk: expect.stringContaining('web-000001') });
    }
    expect(await vm.lab.digest()).toBe(before);
    await vm.host.removeKeys([KEY.id], true);
    expect((await faultOf(vm.host.powerOnVm(VM))).code satisfies HypervisorErrorCode).toBe('DISK_KEY_MISSING');
    await vm.host.addKeys([grant(KEY)]);
    await vm.host.reconfigureVm(VM, { crypto: shallow });
    await vm.host.removeKeys([KEY.id], true);
    await vm.host.removeSnapshot(VM, { id });
    await vm.expectModel();
  });

  it.each([
    ['the state of the snapshot', 'web-Snapshot1.vmsn', 'ENVELOPE_TAMPERED'],
    ['the list of snapshots', 'web.vmsd', 'FILE_DAMAGED'],
  ])('that are damaged in %s bring nothing back, and the VM stays what it was', async (_what, fileName, code) => {
    const vm = await Subject.make(true, true);
    await vm.write(0, 8);
    const id = await vm.take();
    await vm.write(1, 2);
    const bytes = await vm.lab.read(fileName);
    bytes[fileName.endsWith('vmsd') ? 30 : 5000] = (bytes[fileName.endsWith('vmsd') ? 30 : 5000] ?? 0) ^ 0x91;
    await vm.lab.overwrite(fileName, bytes);
    const before = await vm.lab.digest();
    expect((await faultOf(vm.host.revertToSnapshot(VM, id))).code).toBe(code);
    expect((await vm.host.vm(VM)).powerState).toBe('poweredOn');
    expect(await vm.lab.digest()).toBe(before);
    await vm.expectModel();
  });

  it.each([
    ['an extent elsewhere', 'web-000001-delta.vmdk', '../x-delta.vmdk', 'NOT_SUPPORTED'],
    ['no text of its format', 'version=1', 'version', 'FILE_DAMAGED'],
    ['half of its encryption', 'ddb.iofilters', 'ddb.other', 'DESCRIPTOR_MISMATCH'],
  ])(
    'beside the line of the VM do not keep it from starting with %s, and nothing is removed',
    async (_what, ...edit) => {
      const [find, put, code] = edit;
      const vm = await Subject.make(true, false);
      const one = await vm.take();
      await vm.write(0, 3);
      const two = await vm.take();
      await vm.host.revertToSnapshot(VM, one);
      vm.model = new Map([...vm.model.keys()].map((key) => [key, new Uint8Array(SECTORS * 512)]));
      await vm.lab.edit('web-000001.vmdk', find, put);
      await vm.lab.overwrite('web.vmx.change', '.encoding = "UTF-8"\nchange.dropped0 = "web-flat.vmdk"\n');
      const names = await vm.names();
      const started = await vm.host.powerOnVm(VM).then(
        () => 'started',
        (error: unknown) => String(error),
      );
      expect(started).toBe('started');
      await vm.host.powerOffVm(VM);
      await vm.expectModel();
      expect(await vm.names()).toEqual(names);
      expect((await faultOf(vm.host.revertToSnapshot(VM, two))).code).toBe(code);
    },
  );

  it('of a locked VM are listed, and neither taken nor brought back', async () => {
    const vm = await Subject.make(true, false);
    const id = await vm.take();
    await vm.lab.reboot();
    expect((await vm.host.snapshots(VM)).snapshots).toMatchObject([{ id }]);
    for (const call of [vm.take(), vm.host.revertToSnapshot(VM, id), vm.host.removeAllSnapshots(VM)]) {
      expect((await faultOf(call)).code).toBe('VM_LOCKED');
    }
  });

  it('are no more than 32 in a line', async () => {
    const vm = await Subject.make(true, false);
    for (let count = 0; count < 32; count += 1) await vm.take();
    expect(await faultOf(vm.take())).toMatchObject({ code: 'NOT_SUPPORTED' });
    await vm.write(0, 3);
    await vm.host.removeAllSnapshots(VM);
    await vm.expectModel();
  });
});
