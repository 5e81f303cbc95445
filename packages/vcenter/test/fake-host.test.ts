// The double that vCenter's tests use does what a real host does.
import type { HostName } from '@vcryptsim/ports';
import { hostApiSuite } from '../../hypervisor/test/support/host-api-suite.js';
import { FakeHost } from './support/fake-host.js';

hostApiSuite('the double of vCenter’s tests', async () => {
  const host = new FakeHost('esx-1' as HostName);
  return { host, cut: async () => host.goAway() };
});
