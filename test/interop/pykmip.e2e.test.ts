// PyKMIP's client against `kms serve`: another implementation's idea of KMIP 1.1, over real mutual TLS.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../support/left-out.js';
import { type RunningCli, runCli, startServer } from '../support/run-cli.js';

// Debian's package belongs to Debian's interpreter; its TLS code needs Python 3.11 or older.
const PYTHON = '/usr/bin/python3';

const hasPykmip = spawnSync(PYTHON, ['-c', 'import kmip, ssl; ssl.wrap_socket']).status === 0;
if (!hasPykmip) leftOut('interop with PyKMIP', 'PyKMIP is not installed (Debian: python3-pykmip)');

describe.runIf(hasPykmip)("PyKMIP's client", () => {
  let folder: string;
  let server: RunningCli;
  const at = (...names: string[]) => join(folder, ...names);

  /** Runs a script beside this file as one client; answers its lines. */
  function linesOf(script: string, client: string): string[] {
    const { host, port } = server.ready;
    const files = ['cert.pem', 'key.pem', 'ca.pem'].map((name) => at(client, name));
    const { status, stdout, stderr } = spawnSync(
      PYTHON,
      [join(import.meta.dirname, script), host, String(port), ...files],
      {
        encoding: 'utf8',
      },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return stdout.trimEnd().split('\n');
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-pykmip-'));
    server = await startServer(['kms', 'serve', '--dir', at('kms'), '--listen', '127.0.0.1:0']);
    const added = await runCli(['kms', 'client', 'add', 'pykmip', '--dir', at('kms'), '--out', at('pykmip')]);
    expect(added.exitCode).toBe(0);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('[S14] makes, reads, activates and asks for a key, step by step', () => {
    expect(linesOf('pykmip-key-life.py', 'pykmip').slice(0, -1)).toEqual([
      'ok create',
      'ok state is Pre-Active',
      'ok attributes',
      'ok get is an AES key of 32 bytes',
      'ok get again is the same key',
      'ok another create is another key',
      'ok all attributes are read',
      'ok state is Active',
      'ok an unknown key is not found',
    ]);
  });

  it('[S14] brings objects of every kind and takes them back', () => {
    expect(linesOf('pykmip-objects.py', 'pykmip')).toEqual([
      'ok an opaque object of 300 KiB',
      'ok secret data',
      'ok a certificate',
      'ok an RSA pair in PKCS#1',
      'ok a key under NIST key wrap',
      'ok re-key makes another key',
      'ok re-key moves the name',
      'ok a name is changed',
      'ok a name is deleted',
      'ok every function of query',
      "ok a key's life under KMIP_1_3",
      "ok a key's life under KMIP_1_4",
      'ok a user name in the header',
    ]);
  });
});
