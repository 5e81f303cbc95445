// Power that goes in the middle of whatever a world does: at each file operation of a VM's creation, of a host, of all.
import type { VmName } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { checkEverything } from '../src/invariants/check-invariants.js';
import type { PowerCutOf, Unsynced } from '../src/world/power-cuts.js';
import type { World } from '../src/world/world.js';
import { SMALL_LAB, smallWorld } from './support/small-world.js';

const CUTS = 200;
const nameOf = (index: number) => `vm-${index}`;
const LAB = {
  ...SMALL_LAB,
  hosts: ['esx-1', 'esx-2'],
  vms: Object.fromEntries(
    Array.from({ length: CUTS }, (_, index) => [
      nameOf(index),
      { host: 'esx-1', disk: { size: 8 * 1024, dataUnit: 512 as const }, policy: 'VM Encryption Policy' as const },
    ]),
  ),
};

/** Creates a VM with the power going in one operation after the other, until it no longer goes. */
async function sweep(world: World, of: PowerCutOf, unsynced: Unsynced, stride: number): Promise<string[]> {
  const outcomes: string[] = [];
  for (let index = 0, operations = 1; index < CUTS; index++, operations += stride) {
    const cuts = world.power.count;
    world.power.order(of, operations, unsynced);
    const told = await world.vms
      .create(nameOf(index), () => {})
      .then(
        () => 'made',
        (error: { readonly code?: string }) => error.code ?? String(error),
      );
    world.power.forgetOrders();
    await world.power.back();
    const wasCut = world.power.count > cuts;
    outcomes.push(`${wasCut ? 'cut' : 'whole'}, ${told}`);
    await world.clock.after(30_000);
    await look(world, nameOf(index), told === 'made', `cut in operation ${operations}`);
    if (!wasCut) return outcomes;
  }
  return outcomes;
}

/** Whatever became of it: what was told to be made is there, and what is there can be powered on. */
async function look(world: World, name: string, wasTold: boolean, when: string): Promise<void> {
  const known = world.vcenter.vms().find((vm) => vm.name === name);
  const host = world.host('esx-1');
  const onHost = (await host.vms()).filter((vm) => vm.name === (name as VmName));
  expect(onHost.length, when).toBeLessThanOrEqual(1);
  if (wasTold) expect([known?.name, onHost.length], when).toEqual([name, 1]);
  const [vm] = onHost;
  if (!vm) return;
  expect(vm.connectionState, when).toBe('connected');
  if (vm.cryptoState !== 'unlocked') return;
  await host.powerOnVm(vm.uuid);
  await host.powerOffVm(vm.uuid);
}

const cases: readonly [string, PowerCutOf, Unsynced, number][] = [
  ['a host, with all that was not durable lost', { host: 'esx-1' }, 'lost', 2],
  ['a host, with a part of it lost', { host: 'esx-1' }, 'some', 3],
  ['the site, with all that was not durable lost', 'site', 'lost', 4],
  ['the site, with a part of it lost', 'site', 'some', 5],
  ['the site, as if its processes were killed', 'site', 'kept', 9],
];

describe('a power cut in the middle of a creation', () => {
  it.each(cases)('of %s leaves what can go on', async (_name, of, unsynced, stride) => {
    const world = await smallWorld({ lab: LAB });
    const outcomes = await world.run(() => sweep(world, of, unsynced, stride));
    expect(outcomes.filter((one) => one.startsWith('cut')).length).toBeGreaterThan(5);
    expect(outcomes.at(-1)).toBe('whole, made');
    expect(await world.run(() => checkEverything(world))).toEqual([]);
    await world.dispose();
  });
});
