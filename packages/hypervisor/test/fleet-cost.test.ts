// What a fleet walks, counted on one host at n and 2n VMs: making them, booting with all of them locked.
import type { VmName, VmUuid } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { counted } from '../../../test/support/counted.js';
import { FailingFiles } from './support/failing-files.js';
import { grant, kek, Lab, webVm } from './support/lab.js';

const N = 20;
const uuidOf = (index: number) => `00000000-0000-4000-9000-${String(index).padStart(12, '0')}` as VmUuid;

async function fleetHost(): Promise<{ lab: Lab; files: FailingFiles }> {
  const files = new FailingFiles(new MemoryFileSystem());
  const lab = await Lab.safe({ files });
  return { lab, files };
}

/** Makes the VM number `index`, with a key of its own. */
async function create(lab: Lab, index: number): Promise<void> {
  const key = kek(`key-${String(index).padStart(4, '0')}`);
  await lab.host.addKeys([grant(key)]);
  const crypto = { type: 'Encrypt', cryptoKeyId: key.id } as const;
  const name = `vm-${String(index).padStart(4, '0')}` as VmName;
  await lab.host.createVm(webVm({ name, uuid: uuidOf(index), crypto }));
}

describe('a host with many VMs', () => {
  it('makes each for the same calls and bytes, however many are there', async () => {
    const { lab, files } = await fleetHost();
    const costs: { calls: number; written: number; read: number }[] = [];
    for (let index = 0; index < 2 * N; index++) {
      files.arm(0, 'IO');
      await create(lab, index);
      costs.push({ calls: files.calls, written: files.bytesWritten, read: files.bytesRead });
    }
    const [first, last] = [costs[0]!, costs[2 * N - 1]!];
    expect(last.calls).toBe(first.calls);
    // Escapes in the bundle's base64 differ by chance.
    expect(Math.abs(last.written - first.written)).toBeLessThan(100);
    expect(Math.abs(last.read - first.read)).toBeLessThan(100);
    for (const what of ['calls', 'written', 'read'] as const) {
      const sum = (count: number): number => costs.slice(0, count).reduce((all, cost) => all + cost[what], 0);
      expect(counted(`creating VMs, ${what}`, [sum(N), `${N} VMs`], [sum(2 * N), `${2 * N}`])).toBeLessThanOrEqual(2.2);
    }
  });

  it('boots with all of them locked in time that goes with their number', async () => {
    const cost = async (count: number) => {
      const { lab, files } = await fleetHost();
      for (let index = 0; index < count; index++) await create(lab, index);
      files.arm(0, 'IO');
      await lab.reboot();
      const { calls, bytesRead: read, bytesWritten: written } = files;
      expect((await lab.host.vms()).map(({ cryptoState }) => cryptoState)).toEqual(Array(count).fill('locked'));
      return { calls, read, written };
    };
    const [small, large] = [await cost(N), await cost(2 * N)];
    expect(large.written).toBe(0);
    for (const what of ['calls', 'read'] as const) {
      const ratio = counted(`boot with locked VMs, ${what}`, [small[what], `${N} VMs`], [large[what], `${2 * N}`]);
      expect(ratio).toBeLessThanOrEqual(2.2);
    }
  });
});
