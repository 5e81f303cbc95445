// What vCenter does for a fleet, counted at n and 2n VMs: calls to hosts, VMs and keys that they speak of, calls and bytes
// of its own files. What must not grow with the fleet is told from what grows in step with it.
import { describe, expect, it } from 'vitest';
import { counted } from '../../../test/support/counted.js';
import { as } from './support/as-user.js';
import { ESX_1, ESX_2, type Lab } from './support/lab.js';
import { type Counts, type RealHosts, withRealHost } from './support/real-hosts.js';

const N = 8;
const HEARTBEATS_6_MS = 60_000;
/** Longer than from one look at what hosts lack to the next. */
const MINUTES_6_MS = 6 * 60_000;

type Cost = Readonly<Record<'calls' | 'vmInfos' | 'keys' | 'fileCalls' | 'writtenBytes', number>>;

async function costOf({ asked, files }: Counts, work: () => Promise<unknown>): Promise<Cost> {
  asked.reset();
  files.arm(0, 'IO');
  await work();
  return { ...asked.counts, fileCalls: files.calls, writtenBytes: files.bytesWritten };
}

interface Fleet extends Counts {
  readonly lab: Lab;
  readonly vcenter: Parameters<Parameters<typeof withRealHost>[0]>[1];
  readonly hosts: RealHosts;
}

/** Counts some work in a cluster of two hosts, of which the first has so many VMs. */
async function atSize(vms: number, work: (fleet: Fleet) => Promise<Cost>): Promise<Cost> {
  let cost: Cost | null = null;
  await withRealHost(
    async (lab, vcenter, hosts, counts) => {
      for (let vm = 0; vm < vms; vm++) await lab.encryptedVm(vcenter, `vm-${vm}`);
      cost = await work({ lab, vcenter, hosts, ...counts });
    },
    [ESX_1, ESX_2],
  );
  if (cost === null) throw new Error('nothing was counted');
  return cost;
}

/** Counts at n and 2n; each count at 2n is at most so many times that at n. */
async function grows(what: string, ratioMax: number, work: (fleet: Fleet) => Promise<Cost>): Promise<[Cost, Cost]> {
  const [small, large] = [await atSize(N, work), await atSize(2 * N, work)];
  for (const count of Object.keys(small) as (keyof Cost)[]) {
    const ratio = counted(`${what}, ${count}`, [small[count], `${N} VMs`], [large[count], `${2 * N}`]);
    if (small[count] === 0) expect(large[count], count).toBe(0);
    else expect(ratio, count).toBeLessThanOrEqual(ratioMax);
  }
  return [small, large];
}

const keysOf = ({ lab }: Fleet) => [...lab.servers.keys.keys()];

/** Takes the keys of all VMs from the key servers, but for the first VM's. */
function loseKeys(fleet: Fleet): void {
  const kept = [fleet.vcenter.vms()[0]?.keyId?.keyId, fleet.vcenter.computeResources()[0]?.hostKeyId?.keyId];
  for (const key of keysOf(fleet)) if (!kept.includes(key as never)) fleet.lab.servers.keys.delete(key);
}

/** Reboots the host with the VMs and waits until vCenter said what is wrong with them. */
async function rebootAndJudge(fleet: Fleet): Promise<void> {
  await fleet.hosts.boot(ESX_1);
  fleet.vcenter.start();
  await fleet.lab.clock.after(HEARTBEATS_6_MS);
}

const lockedVms = ({ vcenter }: Fleet) => vcenter.vms().filter(({ cryptoState }) => cryptoState === 'locked').length;

describe('a vCenter with many VMs', () => {
  it('makes one more for the same, however many there are', () =>
    grows('create of one VM', 1.1, (fleet) =>
      costOf(fleet, () => fleet.lab.encryptedVm(fleet.vcenter, 'one-more')),
    ).then(([small]) => expect(small.vmInfos).toBeGreaterThan(0)));

  it('powers one on and off for the same', () =>
    grows('power on and off of one VM', 1.1, async (fleet) => {
      const { uuid } = fleet.vcenter.vms()[0]!;
      return costOf(fleet, async () => {
        expect(await as(fleet.vcenter).powerOnVm(uuid)).toMatchObject({ state: 'success' });
        expect(await as(fleet.vcenter).powerOffVm(uuid)).toMatchObject({ state: 'success' });
      });
    }));

  it('looks at hosts on which nothing happens without a look at any VM or key', async () => {
    const [small] = await grows('6 heartbeats, quiet', 1.1, async (fleet) => {
      fleet.vcenter.start();
      await fleet.lab.clock.after(HEARTBEATS_6_MS);
      return costOf(fleet, () => fleet.lab.clock.after(HEARTBEATS_6_MS));
    });
    expect([small.vmInfos, small.keys, small.writtenBytes]).toEqual([0, 0, 0]);
    expect(small.calls).toBeGreaterThanOrEqual(2 * 2 * 5);
  });

  it('looks at hosts whose VMs are all locked likewise, once it has told of each', async () => {
    const [small, large] = await grows('6 heartbeats, all locked', 1.1, async (fleet) => {
      loseKeys(fleet);
      await rebootAndJudge(fleet);
      expect(fleet.vcenter.alarms()).toHaveLength(lockedVms(fleet));
      return costOf(fleet, () => fleet.lab.clock.after(HEARTBEATS_6_MS));
    });
    expect([small.vmInfos, large.vmInfos]).toEqual([0, 0]);
  });

  it('[S04] tells of VMs that a reboot locked, tries again, and unlocks them, in step with their number', async () => {
    const [small, large] = await grows('reboot, all locked, then all unlocked', 2.2, async (fleet) => {
      const keys = new Map(fleet.lab.servers.keys);
      loseKeys(fleet);
      return costOf(fleet, async () => {
        await rebootAndJudge(fleet);
        expect(lockedVms(fleet)).toBe(fleet.vcenter.vms().length - 1);
        expect(fleet.vcenter.alarms()).toHaveLength(lockedVms(fleet));
        await fleet.lab.clock.after(MINUTES_6_MS);
        for (const [id, key] of keys) fleet.lab.servers.keys.set(id, key);
        await fleet.lab.clock.after(MINUTES_6_MS);
        expect([lockedVms(fleet), fleet.vcenter.alarms().length]).toEqual([0, 0]);
      });
    });
    // Each VM is told of when it is locked, and when it no longer is.
    expect([small.vmInfos, large.vmInfos]).toEqual([2 * N, 4 * N]);
  });

  it('unlocks one of many that are locked for the same', async () => {
    await grows('unlock of one among locked VMs', 1.1, async (fleet) => {
      const keys = new Map(fleet.lab.servers.keys);
      loseKeys(fleet);
      const { uuid, keyId } = fleet.vcenter.vms()[0]!;
      const id = keyId!.keyId as string;
      fleet.lab.servers.keys.delete(id);
      await rebootAndJudge(fleet);
      expect(lockedVms(fleet)).toBe(fleet.vcenter.vms().length);
      fleet.lab.servers.keys.set(id, keys.get(id)!);
      const cost = await costOf(fleet, async () => {
        expect(await as(fleet.vcenter).unlockVm(uuid)).toMatchObject({ state: 'success' });
      });
      expect(fleet.vcenter.alarms()).toHaveLength(fleet.vcenter.vms().length - 1);
      return cost;
    });
  });

  it('answers its tables from memory', async () => {
    const [small] = await grows('status', 1.1, (fleet) =>
      costOf(fleet, async () => {
        const { vcenter } = fleet;
        expect(vcenter.vms().length).toBeGreaterThanOrEqual(N);
        for (const { id, uuid } of vcenter.vms()) expect(vcenter.vm(id)).toBe(vcenter.vmOf(uuid));
        vcenter.hosts();
        vcenter.alarms();
        vcenter.tasks();
      }),
    );
    expect(Object.values(small)).toEqual([0, 0, 0, 0, 0]);
  });
});
