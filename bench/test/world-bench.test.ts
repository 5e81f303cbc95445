import type { World } from '@vcryptsim/lab';
import { describe, expect, it } from 'vitest';
import { formatWorldReport, worldBars } from '../src/index.js';
import { DISK_BYTES, worldLab } from '../src/world/world-lab.js';
import { runWorld, sampleOf } from '../src/world/world-run.js';

const EXTENT = '/world/datastores/datastore1/guest-00002/guest-00002-flat.vmdk';

async function flipByte(world: World, at: number): Promise<void> {
  const handle = await world.files.open(EXTENT, { access: 'write' });
  const byte = new Uint8Array(1);
  await handle.pread(byte, at);
  await handle.pwrite(
    byte.map((value) => value ^ 1),
    at,
  );
  await handle.close();
}

describe('the bench of whole worlds', () => {
  it('makes encrypted VMs, lets their guests write, and finds on their disks what they wrote', async () => {
    const told: string[] = [];
    let seen: unknown;
    await runWorld({
      ...{ vms: 3, samples: 2 },
      onStretch: (stretch, vms) => told.push(`${stretch} ${vms}`),
      beforeComparison: async (world) => {
        seen = world.vcenter.vms().map(({ cryptoState, keyId, disks }) => [cryptoState, keyId !== null, disks.length]);
        expect(world.vcenter.hosts()).toHaveLength(32);
      },
    });
    expect(told).toEqual(['built 0', 'made 1', 'made 2', 'made 3', 'quiet 3', 'compared 3']);
    expect(seen).toEqual(Array(3).fill(['unlocked', true, 1]));
  });

  it('does not pass when one byte of a disk is another, and names the VM', async () => {
    const spoil = (world: World) => flipByte(world, DISK_BYTES - 1);
    const run = runWorld({ vms: 2, samples: 2, beforeComparison: spoil });
    await expect(run).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining('guest-00002'),
    });
  });

  it('has one cluster of 32 hosts for each 1,000 VMs, and samples the first, the last and those between', () => {
    const lab = worldLab(2_001);
    expect([lab.hosts.length, Object.keys(lab.vms).length, Object.keys(lab.clusters ?? {}).length]).toEqual([
      96, 2_001, 3,
    ]);
    expect(sampleOf(10, 4)).toEqual([0, 3, 6, 9]);
    expect(sampleOf(2, 100)).toEqual([0, 1]);
    expect(sampleOf(1, 100)).toEqual([0]);
  });

  it('holds its bars to the sizes that they speak of', () => {
    const row = (vms: number, cpuSeconds: number, rssMax = 1e9) => ({ vms, cpuSeconds, rssMax, bytesPerVm: 1 });
    const reached = (...rows: Parameters<typeof worldBars>[0]['rows']) => worldBars({ rows }).map((bar) => bar.reached);
    expect(reached(row(100, 1), row(1_000, 10), row(10_000, 150))).toEqual([true, true]);
    expect(reached(row(1_000, 10), row(10_000, 151), row(100, 1, 3.1e9))).toEqual([false, false]);
    expect(reached(row(1_000, 10))).toEqual([null, true]);
    const text = formatWorldReport({ rows: [row(1_000, 10), row(10_000, 151)] }, 80);
    expect(text).toContain('MISSED');
    expect(text.split('\n').every((line) => line.length <= 80)).toBe(true);
  });
});
