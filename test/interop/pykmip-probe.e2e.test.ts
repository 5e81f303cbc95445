// The probe of the shared tools: PyKMIP's client and hand-made frames against `kms serve`, over real mutual TLS.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut, sharedPath } from '../support/left-out.js';
import { type RunningCli, runCli, startServer } from '../support/run-cli.js';

// Debian's package belongs to Debian's interpreter; its TLS code needs Python 3.11 or older.
const PYTHON = '/usr/bin/python3';
const CHECKS = 48;
const probe = sharedPath('tools/pykmip_probe.py');

function whyNot(): string | null {
  if (probe === null) return 'the shared test material is not beside this checkout';
  const hasPykmip = spawnSync(PYTHON, ['-c', 'import kmip, ssl; ssl.wrap_socket']).status === 0;
  return hasPykmip ? null : 'PyKMIP is not installed (Debian: python3-pykmip)';
}

const reason = whyNot();
if (reason !== null) leftOut('the PyKMIP probe', reason);

interface Check {
  readonly id: string;
  readonly level: 'req' | 'opt';
  readonly result: 'PASS' | 'FAIL' | 'SKIP';
  readonly detail: string;
}

describe.runIf(reason === null)('the PyKMIP probe', () => {
  let folder: string;
  let server: RunningCli;
  const at = (...names: string[]) => join(folder, ...names);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-probe-'));
    server = await startServer(['kms', 'serve', '--dir', at('kms'), '--listen', '127.0.0.1:0']);
    const added = await runCli(['kms', 'client', 'add', 'probe', '--dir', at('kms'), '--out', at('client')]);
    expect(added.exitCode).toBe(0);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('[S14] finds nothing amiss, neither in what it requires nor in what it offers', () => {
    const { host, port } = server.ready;
    const client = ['cert', 'key', 'ca'].flatMap((name) => [`--${name}`, at('client', `${name}.pem`)]);
    const words = [probe ?? '', '--host', host, '--port', String(port), ...client, '--json', at('checks.json')];
    const { stderr } = spawnSync(PYTHON, words, { encoding: 'utf8' });
    expect(stderr).toBe('');
    const checks: Check[] = JSON.parse(readFileSync(at('checks.json'), 'utf8'));
    expect(checks).toHaveLength(CHECKS);
    expect(checks.filter(({ result }) => result !== 'PASS')).toEqual([]);
  });
});
