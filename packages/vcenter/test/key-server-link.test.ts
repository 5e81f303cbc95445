// What a step of a conversation leaves behind when it is over: nothing that could hold its connection.
import { getEventListeners } from 'node:events';
import { afterEach, expect, it, vi } from 'vitest';
import { as } from './support/as-user.js';
import { ESX_1, Lab } from './support/lab.js';

afterEach(() => vi.restoreAllMocks());

it('nobody listens any more to the signals of connections that are over, however they ended', () =>
  Lab.run([ESX_1], async (lab, vcenter) => {
    const dialed = vi.spyOn(lab.network, 'connect');
    await lab.encryptedVm(vcenter, 'one');
    lab.network.set('kms-1', { kind: 'refuse' });
    lab.network.set('kms-2', { kind: 'hang' });
    await expect(lab.encryptedVm(vcenter, 'two')).rejects.toThrow('KEY_GENERATION_FAILED');
    await as(vcenter).cryptoManager.pollHealth();
    const signals = dialed.mock.calls.flatMap(([, { signal }]) => signal ?? []);
    expect(signals.length).toBeGreaterThan(8);
    expect(signals.flatMap((signal) => getEventListeners(signal, 'abort'))).toHaveLength(0);
  }));
