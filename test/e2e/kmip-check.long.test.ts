// `vcryptsim kmip check` against `vcryptsim kms serve`, two processes, as somebody does who builds a key server.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasStackTrace, type RunningCli, runCli, startServer } from '../support/run-cli.js';

describe('vcryptsim kmip check', () => {
  let folder: string;
  let server: RunningCli;
  const at = (...names: string[]) => join(folder, ...names);
  const address = () => `${server.ready.host}:${server.ready.port}`;
  const trust = () => ['--cert', at('vc', 'cert.pem'), '--key', at('vc', 'key.pem'), '--ca', at('vc', 'ca.pem')];
  const check = (...words: string[]) => runCli(['kmip', 'check', ...words]);
  const serve = (port: number) => startServer(['kms', 'serve', '--dir', at('kms'), '--listen', `127.0.0.1:${port}`]);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-check-'));
    await runCli(['kms', 'client', 'add', 'vc', '--dir', at('kms'), '--out', at('vc')]);
    server = await serve(0);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('[S14] passes our own server and writes both reports', async () => {
    const reports = `junit=${at('check.xml')},json=${at('check.json')}`;
    const { exitCode, stdout, stderr } = await check(address(), ...trust(), '--hosts', '16', '--report', reports);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe(`KMIP server ${address()}, profile: vCenter 7.0.3 as observed`);
    expect(lines.at(-1)).toBe('21 passed, 0 tolerated, 0 failed, 6 not tried.');
    const columns = lines
      .filter((line) => /^(?:pass|not tried) /.test(line))
      .map((line) => line.search(/(?<= {2})\S+(?= {2})/));
    expect(new Set(columns).size).toBe(1);
    expect(readFileSync(at('check.xml'), 'utf8')).toContain('<testcase name="get-key"');
    expect(JSON.parse(readFileSync(at('check.json'), 'utf8'))).toMatchObject({ status: 'passed', keysLeft: [] });
  });

  it("takes a certificate of openssl's without Extended Key Usage, and prints one JSON document", async () => {
    const names = ['-keyout', at('own.key'), '-out', at('own.pem'), '-subj', '/CN=kmipClient'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3', ...names], {
      stdio: 'ignore',
    });
    await runCli(['kms', 'client', 'add', 'own', '--dir', at('kms'), '--cert', at('own.pem')]);
    const own = ['--cert', at('own.pem'), '--key', at('own.key'), '--ca', at('vc', 'ca.pem')];
    const { exitCode, stdout } = await check(address(), ...own, '--hosts', '4', '--polls', '1', '--json');
    expect(exitCode).toBe(0);
    const report = JSON.parse(stdout) as { results: { name: string; outcome: string }[] };
    expect(report.results.find(({ name }) => name === 'client-certificate-usage')?.outcome).toBe('pass');
  });

  it('takes certificate, key and authority through links and a pipe, as mounted secrets and <(...) are', async () => {
    mkdirSync(at('..2026'));
    const names = { 'cert.pem': 'tls.crt', 'key.pem': 'tls.key', 'ca.pem': 'ca.crt' };
    for (const [from, to] of Object.entries(names)) copyFileSync(at('vc', from), at('..2026', to));
    symlinkSync('..2026', at('..data'));
    for (const to of Object.values(names)) symlinkSync(join('..data', to), at(to));
    const mounted = ['--cert', at('tls.crt'), '--key', at('tls.key'), '--ca', at('ca.crt'), '--hosts', '2'];
    expect(await check(address(), ...mounted, '--polls', '1')).toMatchObject({ exitCode: 0, stderr: '' });

    execFileSync('mkfifo', [at('key.pipe')]);
    const piped = ['--cert', at('tls.crt'), '--key', at('key.pipe'), '--ca', at('ca.crt'), '--hosts', '2'];
    const checking = check(address(), ...piped, '--polls', '1');
    await writeFile(at('key.pipe'), readFileSync(at('vc', 'key.pem')));
    expect(await checking).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('lists its checks, makes those that are asked for, and keeps their messages for kmip decode', async () => {
    const { stdout: list, exitCode: listed } = await runCli(['kmip', 'check', '--list']);
    expect(listed).toBe(0);
    expect(list).toMatch(/^get-key +Get by Unique Identifier alone/m);
    expect(list).toMatch(/^--profile vcenter-6\.5\n.*\n(?: .*\n)* .*polls each 300 s \[assumed\]/m);
    const only = ['--only', 'get-key', '--save-wire', at('wire')];
    const { exitCode, stdout, stderr } = await check(address(), ...trust(), ...only);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('4 passed, 0 tolerated, 0 failed, 0 not tried.');
    const kept = at('wire', '03-get-key.kmip');
    const decoded = await runCli(['kmip', 'decode', kept]);
    expect(decoded).toMatchObject({ exitCode: 0, stderr: '' });
    expect(decoded.stdout).toContain('Operation Enumeration Get (0x0000000a)');
    expect(readFileSync(at('wire', '03-get-key.txt'), 'utf8')).toContain('KeyMaterial ByteString <redacted, 32 bytes>');
    const again = await check(address(), ...trust(), ...only);
    expect([again.exitCode, again.stderr]).toEqual([3, expect.stringContaining('exists already')]);
    expect((await check(address(), ...trust(), '--only', 'get-kex')).exitCode).toBe(2);
    expect((await check(address(), '--cert', at('vc', 'cert.pem'))).stderr).toContain('kmip check needs --key FILE');
  });

  it('tries another node, a renewed certificate and a password where they are named', async () => {
    for (const name of ['old', 'new']) {
      const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-subj', '/CN=kmipClient'];
      const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '300', ...files];
      execFileSync('openssl', words, { stdio: 'ignore' });
    }
    await runCli(['kms', 'client', 'add', 'twice', '--dir', at('kms'), '--cert', at('old.pem')]);
    appendFileSync(at('kms', 'clients', 'twice', 'cert.pem'), readFileSync(at('new.pem')));
    writeFileSync(at('password'), 'open sesame\n');
    const login = ['--user', 'vSphere', '--password-file', at('password')];
    await runCli(['kms', 'client', 'password', 'twice', '--dir', at('kms'), ...login]);
    const own = ['--cert', at('old.pem'), '--key', at('old.key'), '--ca', at('vc', 'ca.pem'), '--hosts', '2'];
    const renewed = ['--renewed-cert', at('new.pem'), '--renewed-key', at('new.key')];
    const node = ['--node', `localhost:${server.ready.port}`];
    const words = [...own, ...renewed, ...login, ...node, '--polls', '1', '--profile', 'vcenter-6.5'];
    const { exitCode, stdout, stderr } = await check(address(), ...words);
    expect([exitCode, stderr]).toEqual([0, '']);
    const said = stdout.replaceAll(/\s+/g, ' ');
    expect(said).toContain('profile: vCenter 6.5.0 [assumed in part]');
    expect(said).toMatch(/pass tls-version TLS 1\.3 with TLS_\w+; without TLS 1\.3 TLS 1\.2 with TLS_ECDHE_\w+\./);
    expect(said).toMatch(
      /pass certificate-days The server certificate ends in \d+ days\. The client certificate ends in 299/,
    );
    expect(said).toContain(`pass other-nodes localhost:${server.ready.port}: readable at once; a key made there`);
    expect(said).toContain('pass renewed-certificate Both certificates get the key');
    expect(said).toContain('pass password The user vSphere is accepted.');
    expect(said).toContain('pass wrong-password A wrong password and another user name are refused.');
    expect(said).toContain('Which messages it sends and in which order is as in 7.0.3 [assumed].');
    expect(said).toContain('26 passed, 0 tolerated, 0 failed, 1 not tried.');
  });

  it('restarts the server in the middle by the hook, and finds its keys again', async () => {
    // The hook is a shell command; here it asks this test, which holds the server, by a file.
    const asked = at('restart-asked');
    const done = at('restart-done');
    const hook = `touch ${asked}; while [ ! -e ${done} ]; do sleep 0.1; done`;
    const checking = check(address(), ...trust(), '--hosts', '4', '--polls', '1', '--restart-hook', hook);
    const { port } = server.ready;
    for (;;) {
      try {
        readFileSync(asked);
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    await server.stop();
    server = await serve(port);
    writeFileSync(done, '');
    const { exitCode, stdout } = await checking;
    expect(stdout).toMatch(/^pass +server-restart +The same key is there/m);
    expect(exitCode).toBe(0);
  });

  it('fails with 1 for a server that does not know the client, and says what vCenter would do', async () => {
    const names = ['-keyout', at('x.key'), '-out', at('x.pem'), '-subj', '/CN=stranger'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3', ...names], {
      stdio: 'ignore',
    });
    const stranger = ['--cert', at('x.pem'), '--key', at('x.key'), '--ca', at('vc', 'ca.pem')];
    const { exitCode, stdout } = await check(address(), ...stranger);
    expect(exitCode).toBe(1);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /fail discover-versions Discover Versions, connection: The server ended the connection/,
    );
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'vCenter begins every connection with it, and tries the next server',
    );
  });

  it.each([
    ['no server there', () => ['127.0.0.1:1', ...trust()], 3, '127.0.0.1:1 refused the connection'],
    ['no address', () => ['kms:port', ...trust()], 2, 'kms:port is not the address of a server'],
    ['another key', () => [address(), ...trust(), '--key', at('x.key')], 3, 'is not that of'],
    ['no such file', () => [address(), ...trust(), '--ca', at('none.pem')], 3, 'none.pem does not exist'],
    ['a user without a password', () => [address(), ...trust(), '--user', 'vc'], 3, 'needs a password'],
    ['a profile that nobody knows', () => [address(), ...trust(), '--profile', 'vcenter-9'], 2, 'vcenter-7.0.3'],
    [
      'a renewed certificate without its key',
      () => [address(), ...trust(), '--renewed-cert', at('x.pem')],
      2,
      '--renewed-key',
    ],
    [
      'a node that is no address',
      () => [address(), ...trust(), '--node', 'kms:port'],
      2,
      'kms:port is not the address',
    ],
    ['a hook that fails', () => [address(), ...trust(), '--hosts', '1', '--restart-hook', 'exit 7'], 3, 'ended with 7'],
  ])('says in a sentence: %s', async (_what, words, exitCode, sentence) => {
    const outcome = await check(...words());
    expect(outcome.stderr).toContain(sentence);
    expect(outcome.exitCode).toBe(exitCode);
    expect(hasStackTrace(outcome.stderr)).toBe(false);
  });
});
