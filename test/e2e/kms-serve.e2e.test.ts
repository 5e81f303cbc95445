// `kms serve` and `kms client add` as processes: what a user or a peer can get wrong, and what must survive it.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasStackTrace, type RunningCli, runCli, startServer } from '../support/run-cli.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

/** A self-signed certificate that nobody here knows, made by openssl. */
function stranger(name: string): { cert: Buffer; key: Buffer } {
  const [cert, key] = [at(`${name}.pem`), at(`${name}.key`)];
  const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', [...make, '-subj', `/CN=${name}`, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

/** What a server says to a peer before it closes; a refused one gets no byte (under TLS 1.3 it learns so by the end). */
async function bytesFrom(options: ConnectionOptions): Promise<number> {
  const socket = connect({ host: '127.0.0.1', rejectUnauthorized: false, ...options });
  let count = 0;
  socket.on('data', (bytes) => (count += bytes.length));
  socket.on('error', () => {});
  socket.on('secureConnect', () => socket.write(Buffer.from('420078010000000042007701', 'hex')));
  await once(socket, 'close');
  return count;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcryptsim-kms-'));
  writeFileSync(at('a-file'), 'not a folder');
  writeFileSync(at('no-certificate.pem'), 'hello\n');
  writeFileSync(at('short.key'), 'too short');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('vcryptsim kms, when the environment is against it', () => {
  it('says who holds a port that is in use, and leaves no half of a store running', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const outcome = await runCli(['kms', 'serve', '--dir', at('kms-port'), '--listen', `127.0.0.1:${port}`]);
    holder.close();
    expect(outcome.exitCode).toBe(3);
    expect(outcome.stderr).toContain(String(port));
    expect(hasStackTrace(outcome.stderr)).toBe(false);
    // The same folder serves at once on another port: nothing was left locked or half-written.
    const server = await startServer(['kms', 'serve', '--dir', at('kms-port'), '--listen', '127.0.0.1:0']);
    expect(await server.stop()).toBe(0);
  });

  it.each([
    ['a file where its folder should be', () => ['serve', '--dir', at('a-file'), '--listen', '127.0.0.1:0'], /a-file/],
    ['a folder below a file', () => ['serve', '--dir', at('a-file', 'kms'), '--listen', '127.0.0.1:0'], /a-file/],
    [
      'a root key that is none',
      () => ['serve', '--dir', at('k1'), '--root-key', at('short.key'), '--listen', '127.0.0.1:0'],
      /short\.key/,
    ],
    ['an address that is none', () => ['serve', '--dir', at('k2'), '--listen', 'nowhere'], /nowhere|listen/],
    [
      'a certificate that is not there',
      () => ['client', 'add', 'a', '--dir', at('k3'), '--cert', at('missing.pem')],
      /missing\.pem/,
    ],
    [
      'a certificate that is none',
      () => ['client', 'add', 'a', '--dir', at('k3'), '--cert', at('no-certificate.pem')],
      /no-certificate\.pem|certificate/i,
    ],
  ])('names %s, and the next step', async (_, words, says) => {
    const outcome = await runCli(['kms', ...words()]);
    expect([2, 3]).toContain(outcome.exitCode);
    expect(outcome.stderr).toMatch(says);
    expect(outcome.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(6);
    expect(hasStackTrace(outcome.stdout + outcome.stderr)).toBe(false);
    expect(readFileSync(at('a-file'), 'utf8')).toBe('not a folder');
  });
});

describe('vcryptsim kms, when a peer is not who it should be', () => {
  let server: RunningCli;

  beforeAll(async () => {
    mkdirSync(at('kms'));
    server = await startServer(['kms', 'serve', '--dir', at('kms'), '--listen', '127.0.0.1:0']);
    const added = await runCli(['kms', 'client', 'add', 'probe', '--dir', at('kms'), '--out', at('probe')]);
    expect(added.exitCode).toBe(0);
  });
  afterAll(() => server?.stop());

  const probe = () => ({ cert: readFileSync(at('probe', 'cert.pem')), key: readFileSync(at('probe', 'key.pem')) });

  it('makes a client identity that openssl understands, for whoever owns the folder only', () => {
    expect(readdirSync(at('probe')).sort()).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
    const verified = execFileSync('openssl', ['verify', '-CAfile', at('probe', 'ca.pem'), at('probe', 'cert.pem')]);
    expect(String(verified)).toContain('OK');
  });

  it('closes on a peer without a certificate and on a stranger, and still serves a client', async () => {
    const port = server.ready.port;
    expect(await bytesFrom({ port })).toBe(0);
    expect(await bytesFrom({ port, ...stranger('stranger') })).toBe(0);
    expect(await bytesFrom({ port, ...stranger('another'), maxVersion: 'TLSv1.2' })).toBe(0);
    const socket = connect({
      host: '127.0.0.1',
      port,
      ...probe(),
      ca: readFileSync(at('probe', 'ca.pem')),
      servername: 'localhost',
    });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    // Discover Versions, KMIP 1.1, one item without a payload of its own.
    const discover =
      '42007801000000604200770100000038420069010000002042006a0200000004000000010000000042006b020000000400000001000000' +
      '0042000d0200000004000000010000000042000f010000001842005c05000000040000001e000000004200790100000000';
    socket.write(Buffer.from(discover, 'hex'));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.subarray(0, 3).toString('hex')).toBe('42007b');
    socket.destroy();
    expect(hasStackTrace(server.stderr())).toBe(false);
  });

  it('ends cleanly on SIGTERM, and finds its keys and clients again', async () => {
    expect(await server.stop()).toBe(0);
    server = await startServer(['kms', 'serve', '--dir', at('kms'), '--listen', '127.0.0.1:0']);
    const socket = connect({ host: '127.0.0.1', port: server.ready.port, ...probe(), rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.destroy();
    expect(existsSync(at('kms'))).toBe(true);
  });
});
