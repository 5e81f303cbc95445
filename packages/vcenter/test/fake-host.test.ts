// The host that vCenter's tests use does what every host does.
import type { HostName } from '@vcryptsim/ports';
import { type HostUnderTest, hostApiSuite } from '../../hypervisor/test/support/host-api-suite.js';
import { FakeHost } from './support/fake-host.js';

const underTest = (host: FakeHost): HostUnderTest => ({
  host,
  digest: () => host.digest(),
  cut: () => host.goAway(),
  boot: async () => underTest(host.rebooted()),
});

hostApiSuite('of vCenter’s tests', async (version) => underTest(new FakeHost('esx-1' as HostName, { version })));
