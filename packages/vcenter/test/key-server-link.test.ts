// What a step of a conversation leaves behind when it is over: nothing that could hold its connection.
import { getEventListeners } from 'node:events';
import type { ConnectOptions, Network, NetworkAddress } from '@vcryptsim/ports';
import { expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { CLUSTER, ESX_1, Lab } from './support/lab.js';

/** A network that remembers by which signals its connections can be ended. */
class WatchedNetwork implements Network {
  readonly signals: AbortSignal[] = [];

  constructor(readonly inner: Network) {}

  connect(address: NetworkAddress, options: ConnectOptions) {
    if (options.signal) this.signals.push(options.signal);
    return this.inner.connect(address, options);
  }

  listen(...args: Parameters<Network['listen']>) {
    return this.inner.listen(...args);
  }
}

it('nobody listens any more to the signals of connections that are over, however they ended', () =>
  Lab.run([], async (lab, other) => {
    await other.stop();
    const network = new WatchedNetwork(lab.network);
    const vcenter = await lab.bootVCenter({ network });
    lab.hosts.boot(ESX_1);
    await as(vcenter).addHost({ name: ESX_1, cluster: CLUSTER });
    await lab.encryptedVm(vcenter, 'one');
    lab.network.set('kms-1', { kind: 'refuse' });
    lab.network.set('kms-2', { kind: 'hang' });
    await expect(lab.encryptedVm(vcenter, 'two')).rejects.toThrow('KEY_GENERATION_FAILED');
    await as(vcenter).cryptoManager.pollHealth();
    expect(network.signals.length).toBeGreaterThan(8);
    const listeners = network.signals.flatMap((signal) => getEventListeners(signal, 'abort'));
    expect(listeners).toHaveLength(0);
    await vcenter.stop();
  }));
