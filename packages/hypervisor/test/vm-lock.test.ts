import { nativeEngine } from '@vcryptsim/crypto-core';
import { EsxiHost, type GuestDisk, type HostEvent } from '@vcryptsim/hypervisor';
import type { DatastoreType } from '@vcryptsim/hypervisor/api';
import {
  type FileSystem,
  type HostName,
  type HostUuid,
  makeFolders,
  readWhole,
  replaceFile,
  sectorIndex,
} from '@vcryptsim/ports';
import { FaultyFileSystem, MemoryFileSystem, SeededEntropy, VirtualClock } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { faultOf, grant, HOST_KEY, KEY, pattern, readSectors, VM, webVm } from './support/lab.js';

const PATH = '[ds1] web/web.vmx';
const FOLDER = '/lab/ds1/web';
const DEVICE_KEY = 2000;

/** Hosts over one datastore, in one time. */
class Hosts {
  readonly clock = new VirtualClock({ startMs: 1_900_000_000_000 });
  readonly events: (HostEvent & { readonly host: number })[] = [];

  constructor(
    readonly type: DatastoreType,
    readonly files: FileSystem = new MemoryFileSystem(),
  ) {}

  /** Boots a host of that number; through `files` it reaches the datastore. */
  async boot(number: number, incarnation = 1, files = this.files): Promise<EsxiHost> {
    await makeFolders(this.files, '/lab/ds1');
    const host = await EsxiHost.boot({
      name: `esx-${number}` as HostName,
      uuid: `00000000-0000-4000-8000-00000000000${number}` as HostUuid,
      version: '8.0',
      folder: `/lab/hosts/esx-${number}`,
      datastores: [{ name: 'ds1', folder: '/lab/ds1', type: this.type }],
      files,
      clock: this.clock,
      entropy: new SeededEntropy(7).fork(`esx-${number}`, incarnation),
      events: { emit: (event) => this.events.push({ ...event, host: number }) },
      engine: nativeEngine(),
      incarnation,
    });
    await host.prepareCrypto();
    await host.enableCrypto(grant(HOST_KEY));
    await host.addKeys([grant(KEY)]);
    return host;
  }

  /** Two hosts, both with the VM registered. */
  async two(): Promise<[EsxiHost, EsxiHost]> {
    const one = await this.boot(1);
    await one.createVm(webVm());
    const two = await this.boot(2);
    await two.registerVm(PATH);
    return [one, two];
  }

  names(): Promise<string[]> {
    return this.files.readdir(FOLDER);
  }

  types(number: number): string[] {
    return this.events.filter(({ host }) => host === number).map(({ type }) => type);
  }
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

/** Runs a test in the time of its hosts. */
function inTime(type: DatastoreType, test: (hosts: Hosts) => Promise<void>, files?: FileSystem): Promise<void> {
  const hosts = new Hosts(type, files);
  return hosts.clock.run(() => test(hosts));
}

async function write(disk: GuestDisk, salt: number): Promise<void> {
  await disk.writeSectors(sectorIndex(0), pattern(512, salt));
}

/** What each type's rule says: how long a live holder is waited for at most, and after how long a dead one is past. */
const RULES = [
  { type: 'VMFS', liveMs: 3000, staleMs: 16_000 },
  { type: 'NFS', liveMs: 10_000, staleMs: 35_000 },
] as const;

describe.each(RULES)('two hosts over one datastore, $type', ({ type, liveMs, staleMs }) => {
  it('run a VM on one of them only', () =>
    inTime(type, async (hosts) => {
      const [one, two] = await hosts.two();
      await one.powerOnVm(VM);
      const before = await hosts.names();
      expect(before).toContain('web.vmx.lck');
      const beganMs = hosts.clock.nowMs;
      expect(await faultOf(two.powerOnVm(VM))).toEqual({ code: 'FILE_LOCKED', file: PATH, holder: 'host esx-1' });
      expect(hosts.clock.nowMs - beganMs).toBeGreaterThan(0);
      expect(hosts.clock.nowMs - beganMs).toBeLessThanOrEqual(liveMs);
      await expect(two.powerOnVm(VM)).rejects.toThrow(
        `Unable to access file ${PATH} since it is locked by host esx-1. Failed to lock the file. Power the virtual machine off there; if that host is gone, try again: its lock is broken after ${staleMs / 1000} s without a sign of life.`,
      );
      const source = { sizeBytes: 512, read: async (): Promise<number> => 512 };
      expect(await faultOf(two.importDisk(VM, DEVICE_KEY, source))).toMatchObject({ code: 'FILE_LOCKED' });
      expect(await faultOf(two.exportDisk(VM, DEVICE_KEY, { folder: '/lab', name: 'x' }))).toMatchObject({
        code: 'FILE_LOCKED',
      });
      expect(await hosts.names()).toEqual(before);
      expect((await two.vm(VM)).connectionState).toBe('connected');
      await write(await one.openDisk(VM, DEVICE_KEY), 1);
      await one.powerOffVm(VM);
      expect((await hosts.names()).filter((name) => /lck/.test(name))).toEqual([]);
      await two.powerOnVm(VM);
      expect(await faultOf(one.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED', holder: 'host esx-2' });
    }));

  it('that ask at once: one gets it', () =>
    inTime(type, async (hosts) => {
      const [one, two] = await hosts.two();
      const answers = await Promise.allSettled([one.powerOnVm(VM), two.powerOnVm(VM)]);
      expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }));

  it('the other takes it when its owner is dead, after the time of the rule and not before', () =>
    inTime(type, async (hosts) => {
      const [one, two] = await hosts.two();
      await one.powerOnVm(VM);
      await write(await one.openDisk(VM, DEVICE_KEY), 1);
      await hosts.clock.after(60_000);
      await one.shutDown();
      const beganMs = hosts.clock.nowMs;
      await two.powerOnVm(VM);
      expect(hosts.clock.nowMs - beganMs).toBe(staleMs);
      expect(hosts.types(2)).toContain('VM_LOCK_BROKEN');
      expect(await readSectors(await two.openDisk(VM, DEVICE_KEY), 0, 1)).toEqual(pattern(512, 1));
      const again = await hosts.boot(1, 2);
      expect(await faultOf(again.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED', holder: 'host esx-2' });
      await two.powerOffVm(VM);
      await again.powerOnVm(VM);
    }));

  it('an owner that lives keeps it for good, however long time jumps', () =>
    inTime(type, async (hosts) => {
      const [one, two] = await hosts.two();
      await one.powerOnVm(VM);
      for (const waitMs of [staleMs, 3_600_000, 40_000_000_000]) {
        await hosts.clock.after(waitMs);
        expect(await faultOf(two.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED' });
        await write(await one.openDisk(VM, DEVICE_KEY), 2);
      }
      expect(hosts.types(1)).not.toContain('VM_LOCK_LOST');
    }));

  it('an owner that lost its way to the datastore writes nothing after its lock was broken', () => {
    const medium = new MemoryFileSystem();
    return inTime(
      type,
      async (hosts) => {
        const road = new FaultyFileSystem(medium);
        const one = await hosts.boot(1, 1, road);
        await one.createVm(webVm());
        const two = await hosts.boot(2);
        await two.registerVm(PATH);
        await one.powerOnVm(VM);
        const disk = await one.openDisk(VM, DEVICE_KEY);
        await write(disk, 1);
        const endFault = road.set({ kind: 'not-permitted', under: '/lab/ds1' });
        await hosts.clock.after(2 * staleMs);
        expect(await faultOf(write(disk, 2))).toMatchObject({ code: 'FILE_INACCESSIBLE' });
        await two.powerOnVm(VM);
        endFault();
        const before = await readWhole(medium, `${FOLDER}/web-flat.vmdk`, 1e6);
        for (const again of [write(disk, 3), readSectors(disk, 0, 1), disk.flush()]) {
          expect(await faultOf(again)).toEqual({ code: 'FILE_LOCK_LOST', file: PATH });
        }
        expect(await readWhole(medium, `${FOLDER}/web-flat.vmdk`, 1e6)).toEqual(before);
        expect(hosts.types(1).filter((each) => each === 'VM_LOCK_LOST')).toHaveLength(1);
        const log = await readWhole(medium, `${FOLDER}/vmware.log`, 1e6);
        await one.powerOffVm(VM);
        expect(await readWhole(medium, `${FOLDER}/vmware.log`, 1e6)).toEqual(log);
        expect(await hosts.names()).toContain('web.vmx.lck');
        expect(await faultOf(one.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED', holder: 'host esx-2' });
        await write(await two.openDisk(VM, DEVICE_KEY), 4);
      },
      medium,
    );
  });

  it('an owner whose way was gone for a while, and whose lock nobody wanted, goes on', () => {
    const medium = new MemoryFileSystem();
    return inTime(
      type,
      async (hosts) => {
        const road = new FaultyFileSystem(medium);
        const one = await hosts.boot(1, 1, road);
        await one.createVm(webVm());
        await one.powerOnVm(VM);
        const disk = await one.openDisk(VM, DEVICE_KEY);
        const endFault = road.set({ kind: 'not-permitted', under: '/lab/ds1' });
        await hosts.clock.after(100 * staleMs);
        endFault();
        await write(disk, 1);
        expect(await readSectors(disk, 0, 1)).toEqual(pattern(512, 1));
      },
      medium,
    );
  });

  it.each([1, 2])('also two living objects of one host, the second as boot %i', (incarnation) =>
    inTime(type, async (hosts) => {
      const [one] = await hosts.two();
      const twin = await hosts.boot(1, incarnation);
      await one.powerOnVm(VM);
      expect(await faultOf(twin.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED', holder: 'host esx-1' });
      await one.powerOffVm(VM);
      await twin.powerOnVm(VM);
      expect(await faultOf(one.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED' });
      await twin.shutDown();
      await one.powerOnVm(VM);
    }),
  );

  it('a host whose process was killed takes its own lock over at once, whichever boot it counts', () =>
    inTime(type, async (hosts) => {
      const [one] = await hosts.two();
      await one.powerOnVm(VM);
      // The same files in another process: nobody lives on them.
      const left = new Hosts(type);
      for (const path of await allPaths(hosts.files, '/lab')) {
        await makeFolders(left.files, path.slice(0, path.lastIndexOf('/')));
        await replaceFile(left.files, path, await readWhole(hosts.files, path, 2 ** 25));
      }
      const again = await left.boot(1, 1);
      await again.powerOnVm(VM);
    }));

  it('a host that reboots takes its own lock over at once, and no other’s', () =>
    inTime(type, async (hosts) => {
      const [one, two] = await hosts.two();
      await one.powerOnVm(VM);
      await one.shutDown();
      expect(await hosts.names()).toContain('web.vmx.lck');
      const beganMs = hosts.clock.nowMs;
      const again = await hosts.boot(1, 2);
      await again.powerOnVm(VM);
      expect(hosts.clock.nowMs).toBe(beganMs);
      expect(await faultOf(two.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED' });
      await again.powerOffVm(VM);
      await two.powerOnVm(VM);
    }));

  it('a file that is removed by hand frees nothing, and a lock that names nobody is never broken', () =>
    inTime(type, async (hosts) => {
      const [one, two] = await hosts.two();
      await one.powerOnVm(VM);
      for (const name of await hosts.names()) if (/lck/.test(name)) await hosts.files.unlink(`${FOLDER}/${name}`);
      expect(await faultOf(two.powerOnVm(VM))).toMatchObject({ code: 'FILE_LOCKED', holder: 'host esx-1' });
      await one.powerOffVm(VM);
      const records = '/lab/ds1/.lock.sf/web';
      const record = (await hosts.files.readdir(records)).find((name) => name.startsWith('web.vmx.lck'));
      await replaceFile(hosts.files, `${records}/${record}`, pattern(300));
      expect(await faultOf(two.powerOnVm(VM))).toMatchObject({
        code: 'FILE_LOCKED',
        holder: 'a host that its lock does not name',
      });
    }));

  it('leaves nothing of the lock in the folder after a refusal for another reason', () =>
    inTime(type, async (hosts) => {
      const [one, two] = await hosts.two();
      await hosts.files.rename(`${FOLDER}/web-flat.vmdk`, '/lab/away');
      const before = await hosts.names();
      expect(await faultOf(one.powerOnVm(VM))).toMatchObject({ code: 'FILE_DAMAGED' });
      expect(await hosts.names()).toEqual(before);
      await hosts.files.rename('/lab/away', `${FOLDER}/web-flat.vmdk`);
      await two.powerOnVm(VM);
    }));

  it('a world in which nothing but heartbeats is left is stuck, as one without', async () => {
    const hosts = new Hosts(type);
    const stuck = hosts.clock.run(async () => {
      const [one] = await hosts.two();
      await one.powerOnVm(VM);
      await new Promise(() => {});
    });
    await expect(stuck).rejects.toMatchObject({ code: 'STUCK' });
  });
});

describe('a lock as it is shown', () => {
  it('on NFS: a file of 84 bytes for each open file, named after its inode, with the holder’s name in clear', () =>
    inTime('NFS', async (hosts) => {
      const [one] = await hosts.two();
      await one.powerOnVm(VM);
      const locks = (await hosts.names()).filter((name) => name.startsWith('.lck-'));
      const ids = await Promise.all(
        ['web.vmx.lck', 'web-flat.vmdk'].map(async (name) => (await hosts.files.lstat(`${FOLDER}/${name}`)).fileId),
      );
      const littleEndian = (id = 0n): string =>
        Buffer.from(id.toString(16).padStart(16, '0'), 'hex').reverse().toString('hex');
      expect(locks.sort()).toEqual(ids.map((id) => `.lck-${littleEndian(id)}`).sort());
      for (const name of locks) {
        const bytes = Buffer.from(await readWhole(hosts.files, `${FOLDER}/${name}`, 1e6));
        expect(bytes).toHaveLength(84);
        expect(bytes.subarray(0x10, 0x14)).toEqual(Buffer.from([1, 0, 0, 0]));
        expect(bytes.subarray(0x14, 0x14 + 6).toString()).toBe('esx-1\0');
      }
      const seen = await readWhole(hosts.files, `${FOLDER}/${locks[0]}`, 1e6);
      await hosts.clock.after(10_000);
      expect(await readWhole(hosts.files, `${FOLDER}/${locks[0]}`, 1e6)).not.toEqual(seen);
    }));

  it('on VMFS: an empty file, and the host’s heartbeat in the sector that is its own', () =>
    inTime('VMFS', async (hosts) => {
      const [one] = await hosts.two();
      await one.powerOnVm(VM);
      expect((await hosts.names()).filter((name) => /lck/.test(name))).toEqual(['web.vmx.lck']);
      expect((await hosts.files.lstat(`${FOLDER}/web.vmx.lck`)).sizeBytes).toBe(0);
      const [slot] = await hosts.files.readdir('/lab/ds1/.vh.sf');
      expect(slot).toBe('00000000-0000-4000-8000-000000000001.1');
      const stampOf = async (): Promise<bigint> =>
        Buffer.from(await readWhole(hosts.files, `/lab/ds1/.vh.sf/${slot}`, 512)).readBigUInt64LE(0x10);
      await hosts.clock.after(2999);
      expect(await stampOf()).toBe(1_900_000_000_000n);
      await hosts.clock.after(1);
      expect(await stampOf()).toBe(1_900_000_003_000n);
    }));
});
