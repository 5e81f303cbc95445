import { hostApiSuite } from './support/host-api-suite.js';
import { Lab } from './support/lab.js';

hostApiSuite('EsxiHost', async () => {
  const { host } = await Lab.boot();
  return { host, cut: () => host.shutDown() };
});
