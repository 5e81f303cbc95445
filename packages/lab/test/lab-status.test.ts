// What it costs to look at a whole lab: counted, not timed.
import { EsxiHost } from '@vcryptsim/hypervisor';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { afterEach, expect, it, vi } from 'vitest';
import { counted } from '../../../test/support/counted.js';
import { labStatus } from '../src/control/lab-status.js';
import { SMALL_LAB, smallWorld } from './support/small-world.js';

/** Counts what is opened and listed. */
class CountedFiles extends MemoryFileSystem {
  calls = 0;

  override open(...args: Parameters<MemoryFileSystem['open']>) {
    this.calls++;
    return super.open(...args);
  }

  override readdir(...args: Parameters<MemoryFileSystem['readdir']>) {
    this.calls++;
    return super.readdir(...args);
  }
}

async function callsOf(vms: number): Promise<number> {
  const files = new CountedFiles();
  const vm = { host: 'esx-1', disk: { size: 512, dataUnit: 512 as const }, policy: 'VM Encryption Policy' as const };
  const names = Array.from({ length: vms }, (_, index) => `vm-${index}`);
  const lab = { ...SMALL_LAB, vms: Object.fromEntries(names.map((name) => [name, vm])) };
  const world = await smallWorld({ files, lab });
  const status = await world.run(async () => {
    for (const name of names) await world.vms.create(name, () => {});
    await world.keyServers.stop(['kms-1']);
    files.calls = 0;
    return labStatus(world, { name: 'n', clock: 'virtual' });
  });
  expect(status.keys).toHaveLength(2 * vms + 1);
  const { calls } = files;
  await world.dispose();
  return calls;
}

it('the status of a lab opens files in proportion to its VMs, also while its key server is off', async () => {
  const [small, large] = [await callsOf(12), await callsOf(24)];
  expect(counted('file calls of a status', [small, '12 VMs'], [large, '24'])).toBeLessThanOrEqual(2.2);
});

afterEach(() => vi.restoreAllMocks());

/** What hosts and key servers are asked for one status, with so many hosts of two VMs each, of which one is down. */
async function questionsOf(hosts: number): Promise<Record<string, number>> {
  const hostNames = Array.from({ length: hosts }, (_, index) => `esx-${index}`);
  const disk = { size: 512, dataUnit: 512 as const };
  const vms = hostNames.flatMap((host) =>
    ['a', 'b'].map((name) => [`${name}-${host}`, { host, disk, policy: 'VM Encryption Policy' as const }] as const),
  );
  const world = await smallWorld({ lab: { ...SMALL_LAB, hosts: hostNames, vms: Object.fromEntries(vms) } });
  const counts: Record<string, number> = {};
  await world.run(async () => {
    for (const [name] of vms) await world.vms.create(name, () => {});
    await world.hosts.down('esx-0');
    const calls = (['runtime', 'vm', 'vms', 'listKeys', 'vmChanges'] as const).map((call) =>
      vi.spyOn(EsxiHost.prototype, call),
    );
    const looked = vi.spyOn(world.keyServers, 'look');
    const status = await labStatus(world, { name: 'n', clock: 'virtual' });
    expect(status.hosts.map(({ vms: count }) => count)).toEqual(Array(hosts).fill(2));
    expect(status.vms.filter(({ powerState }) => powerState === 'unknown')).toHaveLength(2);
    counts['calls of hosts'] = calls.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    const answers = await Promise.all(calls.flatMap(({ mock }) => mock.results.map(({ value }) => value)));
    counts['what hosts told'] = answers.reduce((sum: number, one) => sum + (Array.isArray(one) ? one.length : 1), 0);
    counts['keys asked of key servers'] = looked.mock.calls.reduce((sum, [, ids]) => sum + ids.length, 0);
  });
  vi.restoreAllMocks();
  await world.dispose();
  return counts;
}

it('asks each host the same whatever the others have, and each key server for each key once', async () => {
  const [small, large] = [await questionsOf(4), await questionsOf(8)];
  for (const what of ['calls of hosts', 'keys asked of key servers']) {
    const ratio = counted(
      `${what} for a status`,
      [small[what] ?? 0, '8 VMs on 4 hosts'],
      [large[what] ?? 0, '16 on 8'],
    );
    expect(ratio).toBeLessThanOrEqual(2.4);
  }
  // Each host has the key of each VM of the cluster, so what hosts tell of keys goes with both.
  const told = counted('what hosts told', [small['what hosts told'] ?? 0, '4'], [large['what hosts told'] ?? 0, '8']);
  expect(told).toBeLessThanOrEqual(4.8);
});
