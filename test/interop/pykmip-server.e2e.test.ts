// PyKMIP's server, somebody else's KMS: what `kmip check` says of it, and the demo scenario with its keys.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../support/left-out.js';
import { hasPykmipServer, type Identity, PykmipServer } from '../support/pykmip-server.js';
import { runCli } from '../support/run-cli.js';

const isHere = hasPykmipServer();
if (!isHere) leftOut("interop with PyKMIP's server", 'PyKMIP is not installed (Debian: python3-pykmip)');

interface Report {
  readonly counts: Readonly<Record<string, number>>;
  readonly results: readonly { readonly name: string; readonly outcome: string; readonly says: string }[];
}

describe.runIf(isHere)("PyKMIP's server", () => {
  let folder: string;
  let server: PykmipServer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-pykmip-server-'));
    server = await PykmipServer.start(join(folder, 'server'));
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function check(identity: Identity): Promise<{ exitCode: number | null; report: Report }> {
    const trust = ['--cert', identity.cert, '--key', identity.key, '--ca', server.ca];
    const load = ['--hosts', '8', '--polls', '1'];
    const { exitCode, stdout } = await runCli([
      'kmip',
      'check',
      `127.0.0.1:${server.port}`,
      ...trust,
      ...load,
      '--json',
    ]);
    return { exitCode, report: JSON.parse(stdout) as Report };
  }

  it('[S14] passes kmip check; that it adds no attributes is tolerated, as a real vCenter tolerates it', async () => {
    const { exitCode, report } = await check(server.client);
    expect(report.results.filter(({ outcome }) => outcome === 'fail')).toEqual([]);
    expect(exitCode).toBe(0);
    expect(report.results.filter(({ outcome }) => outcome === 'tolerated')).toMatchObject([
      { name: 'tag-key', says: 'Invalid Message, for the message as a whole, under header 1.0.' },
    ]);
    expect(report.counts.pass).toBeGreaterThanOrEqual(14);
  });

  it("locks out a certificate like vCenter's own, and kmip check says so", async () => {
    const { exitCode, report } = await check(server.clientWithoutUsage);
    expect(exitCode).toBe(1);
    expect(report.results.find(({ name }) => name === 'client-certificate-usage')).toMatchObject({
      outcome: 'fail',
      says: expect.stringContaining('Authentication Not Successful'),
    });
  });

  it('[S14] [S04] is the key server of the demo: outage, reboot and recovery, with keys that it made', async () => {
    const { client, port, ca } = server;
    const trust = ['--kms-cert', client.cert, '--kms-key', client.key, '--kms-ca', ca];
    const keep = ['--keep', join(folder, 'run')];
    const words = ['run', 'scenarios/host-reboot-without-kms.yaml', '--kms', `127.0.0.1:${port}`, ...trust, ...keep];
    const { exitCode, stdout, stderr } = await runCli([...words, '--json']);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'passed',
      externalKms: `127.0.0.1:${port}`,
      repeatable: false,
      violations: [],
    });
  });
});
