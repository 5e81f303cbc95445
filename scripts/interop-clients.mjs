// Other people's KMIP clients against `kms serve`, each under every version that it speaks.
//   npm run interop:clients
// Prints a table of client, version, steps and result, then one line of JSON. Exit 1 unless every step passed; 3 when a
// client cannot be had here (it is named, and the others run).
//   pymongo    MongoDB's KMIP provider (pymongocrypt), from the registry of Python packages, in a folder of its own
//   kmip-go    github.com/ovh/kmip-go, from the Go module proxy
//   PyKMIP     Debian's python3-pykmip
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root, withTypeScript } from './read-typescript.mjs';

const PYTHON = '/usr/bin/python3';
const PYMONGO = ['pymongo==4.20.1', 'pymongocrypt==1.21.2'];
const STEP_LIMIT_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-clients-'));
const run = (command, words, o = {}) =>
  spawnSync(command, words, { encoding: 'utf8', timeout: STEP_LIMIT_MS, cwd: root, ...o });

/** Each client: how it is had (answers why it cannot be), and what is run under which minor versions of KMIP 1. */
const CLIENTS = [
  {
    name: 'pymongo',
    minors: [0],
    version: 'its own',
    note: 'libmongocrypt chooses the version of each message itself',
    fetch: () => {
      const home = resolve(root, '.vcryptsim/pymongo');
      if (
        existsSync(join(home, 'bin/python')) &&
        run(join(home, 'bin/python'), ['-c', 'import pymongocrypt']).status === 0
      )
        return null;
      if (run(PYTHON, ['-m', 'venv', home]).status !== 0 && run('python3', ['-m', 'venv', home]).status !== 0) {
        return 'Python cannot make a virtual environment (Debian: python3-venv)';
      }
      const got = run(join(home, 'bin/pip'), ['install', '--quiet', ...PYMONGO], { timeout: 300_000 });
      return got.status === 0 ? null : `its packages cannot be had: ${got.stderr.trim().split('\n').at(-1)}`;
    },
    command: ({ host, port, cert, key, ca }) => [
      resolve(root, '.vcryptsim/pymongo/bin/python'),
      ['test/interop/clients/pymongo-provider.py', host, port, cert, key, ca],
    ],
  },
  {
    name: 'kmip-go',
    minors: [0, 1, 2, 3, 4],
    fetch: () => {
      const environment = { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false', GOTOOLCHAIN: 'local' };
      const o = { cwd: resolve(root, 'test/interop/kmip-go'), env: environment, timeout: 300_000 };
      if (run('go', ['version'], o).status !== 0) return 'Go is not installed';
      const got = run('go', ['mod', 'download'], o);
      if (got.status !== 0) return `its modules cannot be had: ${got.stderr.trim().split('\n').at(-1)}`;
      const built = run('go', ['build', '-o', join(folder, 'kmip-go'), '.'], o);
      if (built.status !== 0) throw new Error(`the program does not build: ${built.stderr}`);
      return null;
    },
    command: ({ host, port, cert, key, ca }, minor) => [
      join(folder, 'kmip-go'),
      ['-address', `${host}:${port}`, '-cert', cert, '-key', key, '-ca', ca, '-minor', minor],
    ],
  },
  {
    name: 'PyKMIP',
    minors: [0, 1, 2, 3, 4],
    note: 'under 1.0 it reads no Digest, so "all attributes" is not asked there',
    fetch: () =>
      run(PYTHON, ['-c', 'import kmip']).status === 0 ? null : "it is not installed (Debian's python3-pykmip)",
    command: ({ host, port, cert, key, ca }, minor) => [
      PYTHON,
      ['test/interop/pykmip-key-life.py', host, port, cert, key, ca, minor],
    ],
  },
];

const rows = [];
await withTypeScript(async (load) => {
  const { runCli, startServer } = await load('/test/support/run-cli.ts');
  const server = await startServer(['kms', 'serve', '--dir', join(folder, 'kms'), '--listen', '127.0.0.1:0']);
  try {
    const client = join(folder, 'client');
    await runCli(['kms', 'client', 'add', 'interop', '--dir', join(folder, 'kms'), '--out', client]);
    const files = Object.fromEntries(['cert', 'key', 'ca'].map((name) => [name, join(client, `${name}.pem`)]));
    const access = { ...files, host: server.ready.host, port: String(server.ready.port) };
    for (const { name, minors, version, fetch, command } of CLIENTS) {
      const reason = fetch();
      if (reason !== null) {
        process.stderr.write(`LEFT OUT ${name}: ${reason}\n`);
        rows.push({ client: name, leftOut: reason });
        continue;
      }
      for (const minor of minors) {
        const [program, words] = command(access, String(minor));
        const { status, stdout, stderr, error } = run(program, words);
        const steps = stdout.split('\n').flatMap((line) => {
          const [, word, step] = /^(ok|FAILED) (.*)$/.exec(line) ?? [];
          return step === undefined ? [] : [{ step, passed: word === 'ok' }];
        });
        const failed = steps.filter((one) => !one.passed).map((one) => one.step);
        const said = (error?.message ?? stderr.trim().split('\n').at(-1)) || `it ended with ${status}`;
        if (status !== 0 && failed.length === 0) failed.push(`after "${steps.at(-1)?.step ?? 'nothing'}": ${said}`);
        rows.push({ client: name, version: version ?? `1.${minor}`, steps: steps.length, failed });
      }
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

console.log('client    version  steps  result');
for (const { client, version = '-', steps = 0, failed = [], leftOut } of rows) {
  const result = leftOut ? `left out: ${leftOut}` : failed.length === 0 ? 'all pass' : `FAILED ${failed.join('; ')}`;
  console.log(`${client.padEnd(9)} ${version.padEnd(8)} ${String(steps).padStart(5)}  ${result}`);
}
for (const { name, note } of CLIENTS) if (note) console.log(`  ${name}: ${note}.`);
const bad = rows.filter((row) => (row.failed ?? []).length > 0 || row.steps === 0);
const leftOut = rows.filter((row) => row.leftOut);
console.log(JSON.stringify({ runs: rows.length - leftOut.length, failed: bad.length, leftOut: leftOut.length }));
process.exitCode = bad.length > 0 ? 1 : leftOut.length > 0 ? 3 : 0;
