// A lab that boots again from what lies in its folder, as after a power cut of the whole site.

import { type FolderLocks, SECTOR_SIZE_BYTES, sectorIndex } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { powerOnVm } from '@vcryptsim/vcenter/catalogue';
import { beforeEach, describe, expect, it } from 'vitest';
import { LabFolder } from '../src/folder/lab-folder.js';
import { machinesOf } from '../src/topology/site-plan.js';
import { World } from '../src/world/world.js';
import { keptLab, openLocks, SETUP } from './support/kept-lab.js';
import { SMALL_LAB } from './support/small-world.js';

const SECTOR = new Uint8Array(SECTOR_SIZE_BYTES).fill(0x5a);

let files: MemoryFileSystem;
beforeEach(() => {
  files = new MemoryFileSystem();
});

const take = () => LabFolder.take({ files, locks: openLocks(files), path: '/lab' });
const up = (lab = SMALL_LAB) => keptLab(files, '/lab', lab);

/** Makes payroll and lets its guest write. */
async function work(world: World): Promise<void> {
  await world.run(async () => {
    await world.vms.create('payroll', () => {});
    await world.as().run(powerOnVm, world.vms.refOf('payroll'), {});
    await world.vms.asGuest('payroll', async (disk) => {
      await disk.writeSectors(sectorIndex(3), SECTOR);
      await disk.flush();
    });
  });
}

const typeOf = (event: unknown) => (event as { readonly type: string }).type;
const incarnations = (world: World) => world.vcenter.hosts().map(({ incarnation }) => incarnation);

describe('a lab that boots again', () => {
  it('knows its VMs, has nothing in memory, and unlocks them by the key server', async () => {
    const first = await up();
    await work(first.world);
    await first.folder.memory?.rests(first.world.clock.nowMs);
    // Nothing of it is ended: so a killed process leaves its folder.
    const { world } = await up();
    expect(world.vcenter).not.toBe(first.world.vcenter);
    expect(world.clock.nowMs).toBeGreaterThan(first.world.clock.nowMs);
    await world.run(async () => {
      const told = world.log.entries().flatMap(({ source, event }) => (source === 'esx-1' ? typeOf(event) : []));
      const [booted, locked, ...after] = told;
      expect([booted, locked]).toEqual(['HOST_BOOTED', 'VM_LOCKED']);
      expect(after.indexOf('KEY_CACHED')).toBeLessThan(after.indexOf('VM_UNLOCKED'));
      expect(await world.vms.now('payroll')).toMatchObject({ powerState: 'poweredOff', cryptoState: 'unlocked' });
      await world.as().run(powerOnVm, world.vms.refOf('payroll'), {});
      const read = new Uint8Array(SECTOR_SIZE_BYTES);
      await world.vms.asGuest('payroll', (disk) => disk.readSectors(sectorIndex(3), read));
      expect(read).toEqual(SECTOR);
    });
    await world.dispose();
  });

  it('counts boots on, so that no stream of chance is drawn again', async () => {
    const first = await up();
    await first.world.run(() => first.world.vms.create('payroll', () => {}));
    const before = { boots: incarnations(first.world), vm: first.world.names.vm('payroll').uuid };
    const { world } = await up();
    await world.run(async () => {
      await world.clock.after(60_000);
      await world.vms.create('bulletin', () => {});
    });
    expect(incarnations(world)).toEqual(before.boots.map((count) => count + 1));
    expect(world.names.vm('bulletin').uuid).not.toBe(before.vm);
    await world.dispose();
  });

  it('throws away what a set-up left that never came to rest', async () => {
    const folder = await take();
    await folder.begin(SETUP, machinesOf(SMALL_LAB));
    await World.boot({ ...SETUP, lab: SMALL_LAB, files, scenarioFolder: '/' }, folder);
    const again = await take();
    expect(again.memory?.isSetUp).toBe(false);
    await again.beginAnew(SETUP, machinesOf(SMALL_LAB));
    const { world } = await up();
    expect(world.vcenter.hosts()).toHaveLength(1);
    await world.dispose();
  });

  it('with replication: followers find the way to their leader again', async () => {
    const kms = { provider: 'corp-kms', nodes: ['kms-1', 'kms-2'], replication: { every: 1_000 } };
    const lab = { ...SMALL_LAB, kms };
    const first = await up(lab);
    await first.world.run(async () => {
      await first.world.vms.create('payroll', () => {});
      await first.world.clock.after(5_000);
    });
    const keyId = first.world.vcenter.vms()[0]?.keyId?.keyId ?? '';
    const { world } = await up(lab);
    await world.run(async () => {
      await world.clock.after(60_000);
      expect((await world.keyServers.look('kms-2', [keyId]))[0]).toMatchObject({ has: 'bytes', reach: 'reachable' });
      expect(await world.vms.now('payroll')).toMatchObject({ cryptoState: 'unlocked' });
    });
    await world.dispose();
  });
});

describe('a power cut of the site', () => {
  it('leaves the same as a lab whose process ended and that was started again', async () => {
    const cut = await up();
    await work(cut.world);
    await cut.world.run(async () => {
      await cut.world.power.now('site', 'some');
      await cut.world.clock.after(60_000);
    });
    const after = (world: World) => ({
      boots: incarnations(world),
      vms: world.vcenter.vms(),
      nowMs: world.clock.nowMs,
    });
    const wanted = after(cut.world);
    await cut.world.dispose();

    files = new MemoryFileSystem();
    const first = await up();
    await work(first.world);
    await first.folder.memory?.rests(first.world.clock.nowMs);
    const { world } = await up();
    await world.run(() => world.clock.after(60_000));
    expect(after(world)).toEqual(wanted);
    await world.dispose();
  });
});

describe('the folder of a lab', () => {
  it('is not one that has something else in it', async () => {
    await files.mkdir('/lab');
    await files.mkdir('/lab/photos');
    await expect(take()).rejects.toMatchObject({ code: 'NOT_A_LAB' });
    expect(await files.readdir('/lab')).toEqual(['photos']);
  });

  it('is refused with a sentence while another process has it', async () => {
    const locks: FolderLocks = { take: async () => ({ holder: { pid: 4711, purpose: 'lab' } }) };
    await files.mkdir('/lab');
    await expect(LabFolder.take({ files, locks, path: '/lab' })).rejects.toThrow('Process 4711 has /lab.');
    expect(await files.readdir('/lab')).toEqual([]);
  });

  it('is refused when what it must remember cannot be read', async () => {
    await files.mkdir('/lab');
    const handle = await files.open('/lab/lab.json', { access: 'write', create: 'exclusive' });
    await handle.pwrite(new TextEncoder().encode('{"format":"vcryptsim lab 9"}'), 0);
    await handle.close();
    await expect(take()).rejects.toMatchObject({ code: 'LAB_DAMAGED' });
  });

  it('is taken away again, with all that was made, when the lab cannot be set up', async () => {
    const folder = await take();
    await folder.begin(SETUP, machinesOf(SMALL_LAB));
    await folder.undo();
    expect(await files.readdir('/')).toEqual([]);
  });
});
