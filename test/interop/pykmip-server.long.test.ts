// PyKMIP's own server as the key server of our vCenter: what it lacks is tolerated as a real vCenter tolerates it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attribute, firstValue, textAttribute } from '@vcryptsim/kmip-lite';
import { KmipClient, KmipClientError } from '@vcryptsim/kmip-lite/client';
import { certificatesFromPem, peerJudge, privateKeyFromPem } from '@vcryptsim/pki';
import type { KeyId } from '@vcryptsim/ports';
import { SystemClock, TlsNetwork } from '@vcryptsim/ports/os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../support/left-out.js';
import { PykmipServer, whyNoPykmipServer } from '../support/pykmip-server.js';
import { runCli } from '../support/run-cli.js';

const AES_256 = { algorithm: 'AES', lengthBits: 256, usageMask: 0x0c } as const;
const SCENARIO = 'scenarios/host-reboot-without-kms.yaml';
const copyOf = { take: (view: Uint8Array) => Uint8Array.from(view) };

const reason = whyNoPykmipServer();
if (reason !== null) leftOut("interop with PyKMIP's server", reason);

describe.runIf(reason === null)("PyKMIP's server", () => {
  const clock = new SystemClock();
  const network = new TlsNetwork(clock);
  let server: PykmipServer;
  let client: KmipClient;

  beforeAll(async () => {
    server = await PykmipServer.start();
    const { cert, key, ca } = server.client;
    const identity = {
      chain: certificatesFromPem(readFileSync(cert, 'utf8')),
      privateKey: privateKeyFromPem(readFileSync(key)),
    };
    const authorities = certificatesFromPem(readFileSync(ca, 'utf8'));
    const judge = peerJudge({ pins: [], authorities }, clock, server.host);
    const { host, port } = server;
    client = new KmipClient({
      connect: (signal) => network.connect({ host, port }, { identity, judge, signal }),
      clock,
      timeoutMs: 30_000,
    });
  });
  afterAll(async () => {
    await network.dispose();
    await server?.stop();
  });

  it('[S14] answers the conversation of vCenter 7.0.3, step by step, each on a connection of its own', async () => {
    const id = await client.session(async (session) => {
      expect(await session.discoverVersions({ withBatchItemId: false })).toContainEqual({ major: 1, minor: 1 });
      return session.create(AES_256);
    });
    await client.session(async (session) => {
      await session.discoverVersions({ withBatchItemId: false });
      for (const name of ['x-Product_Version', 'x-Vendor', 'x-Product']) {
        expect(await session.getAttributes(id, [name])).toEqual([]);
      }
      const tags = ['x-Product_Version', 'x-Vendor', 'x-Product'].map((name) => textAttribute(name, 'lab'));
      const results = await session.batch(
        tags.map((tag) => ({ operation: 'AddAttribute', payload: { uniqueIdentifier: id, attribute: tag } })),
      );
      // PyKMIP knows no Add Attribute: it answers once for the whole message, under a header of 1.0.
      expect(results.map(({ status }) => status)).not.toContain('Success');
    });
    const bytes = await client.session(async (session) => {
      await session.discoverVersions({ withBatchItemId: false });
      const { taken, algorithm, lengthBits } = await session.get(id, copyOf);
      expect([algorithm, lengthBits, taken.length]).toEqual(['AES', 256, 32]);
      expect(firstValue('State', await session.getAttributes(id, ['State']))).toBe('PreActive');
      await session.activate(id);
      return taken;
    });
    await client.session(async (session) => {
      await session.discoverVersions({ withBatchItemId: false });
      expect((await session.get(id, copyOf)).taken).toEqual(bytes);
      expect(await session.getAttributes(id, ['State'])).toEqual([attribute('State', 'Active')]);
    });
  });

  it('says of an unknown key what vCenter can tell', async () => {
    const asked = client.session((session) => session.get('999999' as KeyId, copyOf));
    const error = await asked.catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(KmipClientError);
    expect(error).toMatchObject({ code: 'OPERATION_FAILED', reason: 'ItemNotFound' });
  });

  it('[S14] passes kmip check, but for the tags that it cannot keep', async () => {
    const { cert, key, ca } = server.client;
    const credentials = ['--cert', cert, '--key', key, '--ca', ca];
    const words = ['kmip', 'check', `${server.host}:${server.port}`, ...credentials, '--hosts', '8', '--json'];
    const { exitCode, stdout, stderr } = await runCli(words);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    const { results } = JSON.parse(stdout) as { results: { name: string; outcome: string }[] };
    const outcomes = (wanted: string) => results.filter(({ outcome }) => outcome === wanted).map(({ name }) => name);
    expect(outcomes('fail')).toEqual([]);
    // It answers what it cannot read under header 1.0.
    expect(outcomes('tolerated')).toEqual(['tag-key', 'answer-header']);
    expect(outcomes('pass').length).toBeGreaterThan(10);
  });

  it('[S14] serves the demo scenario as its key server, to the last step', async () => {
    const { cert, key, ca } = server.client;
    const access = ['--kms', `${server.host}:${server.port}`, '--kms-cert', cert, '--kms-key', key, '--kms-ca', ca];
    const report = join(server.folder, 'run.json');
    const words = ['run', SCENARIO, ...access, '--quiet', '--keep', join(server.folder, 'run')];
    const { exitCode, stdout } = await runCli([...words, '--report', `json=${report}`]);
    expect(stdout).not.toContain('FAIL');
    expect(exitCode).toBe(0);
    const { runs } = JSON.parse(readFileSync(report, 'utf8')) as { runs: { status: string }[] };
    expect(runs.map(({ status }) => status)).toEqual(['passed']);
  });
});
