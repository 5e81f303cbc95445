// A host reboots and gets the keys of all its VMs back. Counted: what is asked of the key server, and what the host reads.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { counted } from '../../../test/support/counted.js';
import { as } from './support/as-user.js';
import { ESX_1 } from './support/lab.js';
import { withRealHost } from './support/real-hosts.js';

afterEach(() => vi.restoreAllMocks());

interface Cost {
  readonly messages: number;
  readonly calls: number;
  readonly opens: number;
}

async function costOfReboot(vms: number): Promise<Cost> {
  let cost: Cost = { messages: 0, calls: 0, opens: 0 };
  await withRealHost(async (lab, vcenter, hosts) => {
    for (let vm = 0; vm < vms; vm++) await lab.encryptedVm(vcenter, `vm-${vm}`);
    const host = await hosts.boot(ESX_1);
    lab.wire.clear();
    const opened = vi.spyOn(lab.files, 'open');
    const called = vi.spyOn(host, 'addKeys');
    expect(await as(vcenter).reconnectHost(ESX_1)).toMatchObject({ state: 'success' });
    const files = opened.mock.calls.filter(([path]) => !path.startsWith('/vcenter'));
    cost = {
      messages: lab.wire.conversations.reduce((sum, { requests }) => sum + requests.length, 0),
      calls: called.mock.calls.length,
      opens: files.length,
    };
    vi.restoreAllMocks();
    expect((await host.vms()).every(({ cryptoState }) => cryptoState === 'unlocked')).toBe(true);
  });
  return cost;
}

describe('[S04] the keys of a host that rebooted', () => {
  it('cost KMIP messages and file opens in step with its VMs, and go to it together', async () => {
    const [small, large] = [await costOfReboot(10), await costOfReboot(20)];
    const at = (what: 'messages' | 'opens', name: string) =>
      counted(name, [small[what], '10 VMs'], [large[what], '20']);
    expect(at('messages', 'KMIP messages after a reboot')).toBeLessThan(2.1);
    expect(at('opens', 'file opens of a host after its reboot')).toBeLessThan(2.1);
    expect(small.messages).toBeGreaterThanOrEqual(20);
    expect(small.opens).toBeGreaterThanOrEqual(10);
    expect([small.calls, large.calls]).toEqual([1, 1]);
  });
});
