import { generateKeyPairSync } from 'node:crypto';
import { KeyServer } from '@vcryptsim/kms';
import { TlsNetwork } from '@vcryptsim/ports/os';
import { MemoryFileSystem, SeededEntropy, VirtualClock } from '@vcryptsim/simkit';
import { VCenter } from '@vcryptsim/vcenter';
import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { FakeHost } from './support/fake-host.js';
import { CLUSTER, ESX_1, KMS_1, PROVIDER, START_MS } from './support/lab.js';
import { encryptedVmOf } from './support/vm-request.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keyPairs = { generate: async () => rsa };

describe('vCenter with the key server of this project, over real mutual TLS', () => {
  it('[S14] sets up trust, makes an encrypted VM, and brings the keys back after a reboot of the host', async () => {
    const clock = new VirtualClock({ startMs: START_MS });
    const network = new TlsNetwork(clock);
    await clock.run(async () => {
      const files = new MemoryFileSystem();
      const entropy = new SeededEntropy(3);
      const events = { emit: () => {} };
      const ports = { files, clock, keyPairs, network, events };
      const keyServer = await KeyServer.open({ ...ports, folder: '/kms', entropy: entropy.fork('kms', 1) });
      await keyServer.listen({ network, address: { name: KMS_1 }, nodeName: KMS_1 });
      let host = new FakeHost(ESX_1);
      const hosts = { connect: async () => host };
      const vcenter = await VCenter.boot({
        ...{ ...ports, name: 'vcenter-1', folder: '/vcenter', hosts, entropy: entropy.fork('vcenter', 1) },
      });
      const { cryptoManager } = as(vcenter);
      await cryptoManager.registerKmipServer({
        providerId: PROVIDER,
        server: { name: KMS_1, address: { name: KMS_1 } },
      });
      const certificate = await cryptoManager.generateSelfSignedClientCert(PROVIDER);
      // The server's certificate can be read before the server knows this client.
      const shown = await cryptoManager.retrieveKmipServerCert(PROVIDER, KMS_1);
      expect(shown).toEqual(keyServer.pki.identity.chain[0]);
      await cryptoManager.uploadKmipServerCert(PROVIDER, KMS_1, shown);
      await expect(cryptoManager.generateKey()).rejects.toMatchObject({ code: 'KEY_GENERATION_FAILED' });
      await cryptoManager.pollHealth();
      expect(cryptoManager.retrieveKmipServersStatus()).toMatchObject([{ status: 'red', serverTrustClient: false }]);
      await keyServer.addClient({ name: 'vcenter', certificate });
      await cryptoManager.pollHealth();
      expect(cryptoManager.retrieveKmipServersStatus()).toMatchObject([{ status: 'green' }]);

      await as(vcenter).addCluster(CLUSTER);
      await as(vcenter).addHost({ name: ESX_1, cluster: CLUSTER });
      expect((await as(vcenter).createVm(encryptedVmOf('payroll'))).error).toBeNull();
      host = host.rebooted();
      expect((await as(vcenter).reconnectHost(ESX_1)).error).toBeNull();
      expect(await host.vms()).toMatchObject([{ cryptoState: 'unlocked' }]);
      await vcenter.stop();
      await keyServer.close();
    });
    await network.dispose();
  });
});
