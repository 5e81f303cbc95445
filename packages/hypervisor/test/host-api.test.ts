import { type HostUnderTest, hostApiSuite } from './support/host-api-suite.js';
import { Lab } from './support/lab.js';

const underTest = (lab: Lab): HostUnderTest => {
  const { host } = lab;
  return {
    host,
    digest: () => lab.digest(),
    cut: () => host.shutDown(),
    boot: async () => {
      await lab.bootHost();
      return underTest(lab);
    },
  };
};

hostApiSuite('EsxiHost', async (version) => underTest(await Lab.boot({ version, nfs: true })));
