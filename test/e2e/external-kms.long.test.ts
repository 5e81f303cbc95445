// A scenario with a key server in another process: named by flags, by the environment, or by the scenario itself.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasStackTrace, type RunningCli, runCli, startServer } from '../support/run-cli.js';

const DEMO = 'scenarios/host-reboot-without-kms.yaml';

describe('a scenario with an external key server', () => {
  let folder: string;
  let server: RunningCli;
  const at = (...names: string[]) => join(folder, ...names);
  const address = () => `127.0.0.1:${server.ready.port}`;
  const trust = () => [
    '--kms-cert',
    at('vc', 'cert.pem'),
    '--kms-key',
    at('vc', 'key.pem'),
    '--kms-ca',
    at('vc', 'ca.pem'),
  ];
  const run = (...words: string[]) => runCli(['run', ...words]);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-external-'));
    await runCli(['kms', 'client', 'add', 'vc', '--dir', at('kms'), '--out', at('vc')]);
    server = await startServer(['kms', 'serve', '--dir', at('kms'), '--listen', '127.0.0.1:0']);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('[S04] plays the demo on its keys, learns them as needles, and says that the run is not repeatable', async () => {
    const { exitCode, stdout, stderr } = await run(DEMO, '--no-quiz', '--kms', address(), ...trust());
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`kms-1 (corp-kms, outside at ${address()})`);
    expect(stdout.replace(/\s+/g, ' ')).toContain('searched for the 2 KEKs: not there');
    const wanted = `A run with an external key server (${address()}) cannot be repeated exactly.`;
    expect(stdout.replace(/\s+/g, ' ')).toContain(wanted);
  });

  it('takes the environment where no flag is given', async () => {
    const names = ['CERT', 'KEY', 'CA'];
    const files = ['cert.pem', 'key.pem', 'ca.pem'].map((name) => at('vc', name));
    process.env.VCRYPTSIM_KMS = address();
    for (const [index, name] of names.entries()) process.env[`VCRYPTSIM_KMS_${name}`] = files[index];
    try {
      const { exitCode, stdout } = await run(DEMO, '--json');
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout).runs).toMatchObject([{ externalKms: address(), repeatable: false, status: 'passed' }]);
    } finally {
      for (const name of ['VCRYPTSIM_KMS', ...names.map((each) => `VCRYPTSIM_KMS_${each}`)]) delete process.env[name];
    }
  });

  it('takes what the scenario names, two nodes as two ways to it, and breaks each way alone', async () => {
    cpSync(resolve('scenarios'), at('scenarios'), { recursive: true });
    const scenario = at('scenarios', 'own.yaml');
    const external = `{ host: 127.0.0.1, port: ${server.ready.port}, cert: ../vc/cert.pem, key: ../vc/key.pem, ca: ../vc/ca.pem }`;
    const lines = [
      'name: Two ways to one key server',
      'about: One way is cut, the other is slow.',
      'lab:',
      '  kms:',
      '    provider: corp-kms',
      '    nodes: [kms-1, kms-2]',
      `    external: ${external}`,
      '  vms: { payroll: { host: esx-1, disk: 1MiB } }',
      'steps:',
      '  - kms.stop: [kms-1]',
      '  - fault.kms: { nodes: kms-2, mode: slow, delay: 20ms }',
      '  - vm.create: payroll',
      '    expect: { kmip: [{ op: Create, to: kms-2 }, { op: Get, to: kms-2 }] }',
      '  - kms.start: all',
      '  - fault.kms: { nodes: kms-2, mode: refuse }',
      '  - host.reboot: esx-1',
      '  - until: { vm.payroll.state: unlocked, within: 10m }',
      '    expect: { kmip: [{ op: Get, to: kms-1 }] }',
    ];
    writeFileSync(scenario, lines.join('\n'));
    const { exitCode, stdout, stderr } = await run(scenario, '--json', '--keep', at('run'));
    expect(stderr).toBe('');
    expect(JSON.parse(stdout).runs).toMatchObject([{ status: 'passed', violations: [] }]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(readFileSync(at('run', 'run.json'), 'utf8')).runs).toMatchObject([{ externalKms: address() }]);
  });

  it.each([
    ['no server there', () => ['--kms', '127.0.0.1:1', ...trust()], 3, '127.0.0.1:1 cannot be used'],
    [
      'another authority',
      () => ['--kms', address(), ...trust(), '--kms-ca', at('vc', 'cert.pem')],
      3,
      'cannot be used',
    ],
    ['no certificate', () => ['--kms', address()], 3, 'Give --kms-cert, --kms-key and --kms-ca'],
    ['no server', () => trust(), 3, 'Name it with --kms HOST:PORT'],
    [
      'a missing file',
      () => ['--kms', address(), ...trust(), '--kms-key', at('none.pem')],
      3,
      'none.pem does not exist',
    ],
    ['the memory wire', () => ['--kms', address(), ...trust(), '--wire', 'memory'], 3, 'Leave --wire memory out'],
  ])('says in a sentence: %s', async (_what, words, exitCode, sentence) => {
    const outcome = await run(DEMO, ...words());
    expect(outcome.stderr).toContain(sentence);
    expect(outcome.exitCode).toBe(exitCode);
    expect(hasStackTrace(outcome.stderr)).toBe(false);
  });
});
