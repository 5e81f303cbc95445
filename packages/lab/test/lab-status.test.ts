// What it costs to look at a whole lab: counted, not timed.
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { expect, it } from 'vitest';
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
