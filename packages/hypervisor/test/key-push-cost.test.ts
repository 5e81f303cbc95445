// Keys that come to a host with many locked VMs: the files of a VM are read when its own key comes, and then once.
import type { VmName, VmUuid } from '@vcryptsim/ports';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { counted } from '../../../test/support/counted.js';
import { grant, kek, Lab, plainVm, webVm } from './support/lab.js';

afterEach(() => vi.restoreAllMocks());

const keyOf = (index: number) => kek(`key-${index}`);
const uuidOf = (index: number) => `00000000-0000-4000-9000-${String(index).padStart(12, '0')}` as VmUuid;

/** A host with `count` encrypted VMs, each with a key of its own, after a reboot: all locked. */
async function lockedVms(count: number): Promise<Lab> {
  const lab = await Lab.safe();
  for (let index = 0; index < count; index++) {
    await lab.host.addKeys([grant(keyOf(index))]);
    const crypto = { type: 'Encrypt', cryptoKeyId: keyOf(index).id } as const;
    await lab.host.createVm(webVm({ name: `vm-${index}` as VmName, uuid: uuidOf(index), crypto }));
  }
  await lab.reboot();
  await lab.enableCrypto();
  return lab;
}

/** Files that were opened while `count` keys came, `atOnce` in each call. */
async function opens(count: number, atOnce: number): Promise<number> {
  const lab = await lockedVms(count);
  const opened = vi.spyOn(lab.files, 'open');
  for (let index = 0; index < count; index += atOnce) {
    const grants = Array.from({ length: atOnce }, (_, at) => grant(keyOf(index + at)));
    expect((await lab.host.addKeys(grants)).every(({ success }) => success)).toBe(true);
  }
  const calls = opened.mock.calls.length;
  opened.mockRestore();
  expect((await lab.host.vms()).map(({ cryptoState }) => cryptoState)).toEqual(Array(count).fill('unlocked'));
  return calls;
}

describe('keys for many VMs', () => {
  it.each([
    ['one in each call', 1],
    ['twenty in each call', 20],
  ])('cost as many file opens as there are VMs: %s', async (what, atOnce) => {
    const [small, large] = [await opens(20, atOnce), await opens(40, atOnce)];
    const ratio = counted(`file opens of a host, ${what}`, [small, '20 keys'], [large, '40']);
    expect(small).toBeGreaterThanOrEqual(20);
    expect(ratio).toBeLessThan(2.1);
  });

  it('cost nothing when no VM waits for them, whatever else is locked', async () => {
    const lab = await lockedVms(5);
    const opened = vi.spyOn(lab.files, 'open');
    await lab.host.addKeys([grant(kek('of nobody'))]);
    expect(opened).not.toHaveBeenCalled();
  });

  it('unlock all VMs of one key, none that left, and one that came back', async () => {
    const lab = await Lab.safe();
    await lab.host.addKeys([grant(keyOf(1))]);
    const crypto = { type: 'Encrypt', cryptoKeyId: keyOf(1).id } as const;
    for (const index of [1, 2, 3]) {
      await lab.host.createVm(webVm({ name: `vm-${index}` as VmName, uuid: uuidOf(index), crypto }));
    }
    await lab.host.createVm(plainVm({ name: 'plain' as VmName, uuid: uuidOf(9) }));
    await lab.reboot();
    await lab.host.unregisterVm(uuidOf(2));
    await lab.host.unregisterVm(uuidOf(3));
    await lab.host.registerVm('[ds1] vm-3/vm-3.vmx');
    await lab.enableCrypto();
    lab.events.length = 0;
    await lab.host.addKeys([grant(keyOf(1))]);
    const unlocked = lab.events.filter(({ type }) => type === 'VM_UNLOCKED');
    expect(unlocked).toEqual([1, 3].map((index) => ({ type: 'VM_UNLOCKED', vm: uuidOf(index) })));
    // A key that goes and comes again finds them again.
    await lab.host.removeKeys([keyOf(1).id], true);
    await lab.host.addKeys([grant(keyOf(1))]);
    expect((await lab.host.vms()).map(({ cryptoState }) => cryptoState)).toEqual(Array(3).fill('unlocked'));
  });
});
