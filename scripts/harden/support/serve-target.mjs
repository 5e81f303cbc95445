// The process of the key server that is attacked: real files, real TLS, whatever would end it counted.
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countUnhandled, unhandledSoFar } from './unhandled.mjs';

countUnhandled();
const dist = (name) => import(new URL(`../../../packages/${name}/dist/index.js`, import.meta.url).href);
const { KeyServer } = await dist('kms');
const { selfSign } = await dist('pki');
const { OsFileSystem, SystemClock, SystemEntropy, TlsNetwork, ChildKeyPairs } = await import(
  new URL('../../../packages/ports/dist/os/index.js', import.meta.url).href
);

const DAY_MS = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-harden-'));
const clock = new SystemClock();
const entropy = new SystemEntropy();
const keyPairs = new ChildKeyPairs();
const network = new TlsNetwork(clock);
const faults = new Map();
const server = await KeyServer.open({
  folder: join(folder, 'kms'),
  files: new OsFileSystem({ mode: 'pool' }),
  clock,
  entropy,
  keyPairs,
  events: { emit: () => {} },
  onFault: (error) => {
    const told = String(error?.stack ?? error)
      .split('\n')
      .slice(0, 4)
      .join('\n');
    faults.set(told, (faults.get(told) ?? 0) + 1);
  },
  ...JSON.parse(process.argv[2] ?? '{}'),
});
const node = await server.listen({ network, address: { host: '127.0.0.1', port: 0 }, nodeName: 'kms' });

const orders = {
  /** Registers a client; answers with its identity in PEM. */
  client: async ({ name }) => {
    const now = clock.nowMs;
    const validity = { notBeforeMs: now - DAY_MS, notAfterMs: now + DAY_MS };
    const keyPair = await keyPairs.generate('ec-p256');
    const { chain, privateKey } = await selfSign({ subject: `CN=${name}`, keyPair, entropy, clock, ...validity });
    await server.addClient({ name, certificate: chain[0] });
    const cert = new X509Certificate(chain[0]).toString();
    return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
  },
  state: async () => {
    globalThis.gc?.();
    const told = [...faults].map(([fault, count]) => `${count} x ${fault}`);
    return { ...unhandledSoFar(), faults: told, rssMiB: process.memoryUsage().rss / 2 ** 20 };
  },
  stop: async () => {
    await keyPairs.close();
    await server.close();
    await network.dispose();
    rmSync(folder, { recursive: true, force: true });
    return unhandledSoFar();
  },
};

process.on('message', async ({ id, order, ...rest }) => {
  try {
    process.send({ id, answer: await orders[order](rest) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
  if (order === 'stop') process.disconnect();
});
process.on('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
process.send({ ready: node.address });
