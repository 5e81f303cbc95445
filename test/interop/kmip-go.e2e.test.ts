// A client of github.com/ovh/kmip-go, which decodes strictly, against `kms serve`: KMIP 1.0 to 1.4 as another library reads it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../support/left-out.js';
import { type RunningCli, runCli, startServer } from '../support/run-cli.js';

const SOURCE = join(import.meta.dirname, 'kmip-go');
const BUILD_LIMIT_MS = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-kmip-go-'));
const at = (...names: string[]) => join(folder, ...names);

function whyNot(): string | null {
  if (spawnSync('go', ['version']).status !== 0) return 'Go is not installed';
  const environment = { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false', GOTOOLCHAIN: 'local' };
  const limits = { env: environment, timeout: BUILD_LIMIT_MS, encoding: 'utf8' } as const;
  // What a build needs of a network is fetched apart, so that a broken program is not taken for a missing proxy.
  const fetched = spawnSync('go', ['mod', 'download'], { cwd: SOURCE, ...limits });
  if (fetched.status !== 0) return `its modules cannot be had: ${fetched.stderr.trim().split('\n').at(-1)}`;
  const built = spawnSync('go', ['build', '-o', at('life-cycle'), '.'], { cwd: SOURCE, ...limits });
  if (built.status !== 0) throw new Error(`the program does not build: ${built.stderr}`);
  return null;
}

const reason = whyNot();
if (reason !== null) {
  rmSync(folder, { recursive: true, force: true });
  leftOut('interop with kmip-go', reason);
}

describe.runIf(reason === null)("kmip-go's client", () => {
  let server: RunningCli;

  beforeAll(async () => {
    server = await startServer(['kms', 'serve', '--dir', at('kms'), '--listen', '127.0.0.1:0']);
    const added = await runCli(['kms', 'client', 'add', 'kmip-go', '--dir', at('kms'), '--out', at('client')]);
    expect(added.exitCode).toBe(0);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([0, 1, 2, 3, 4])('[S14] walks a key through its whole life under KMIP 1.%i', (minor) => {
    const { host, port } = server.ready;
    const files = ['cert', 'key', 'ca'].flatMap((name) => [`-${name}`, at('client', `${name}.pem`)]);
    const words = ['-address', `${host}:${port}`, '-minor', `${minor}`, ...files];
    const { stdout, stderr } = spawnSync(at('life-cycle'), words, { encoding: 'utf8', timeout: 60_000 });
    const lines = stdout.trimEnd().split('\n');
    expect(stderr).toBe('');
    expect(lines.filter((line) => !line.startsWith('ok '))).toEqual(['life cycle complete']);
    expect(lines.length).toBeGreaterThan(30);
  });
});
