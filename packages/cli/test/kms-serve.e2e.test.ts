import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KmipClient, KmipClientError } from '@vcryptsim/kmip-lite/client';
import { verifyChain } from '@vcryptsim/kms';
import {
  certificateRequestToPem,
  certificatesFromPem,
  certificateToPem,
  createCertificateRequest,
  peerJudge,
  privateKeyFromPem,
  selfSign,
} from '@vcryptsim/pki';
import type { KeyId, TlsIdentity } from '@vcryptsim/ports';
import { SystemClock, SystemEntropy, SystemKeyPairs, TlsNetwork } from '@vcryptsim/ports/os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';

const BIN = fileURLToPath(new URL('../bin/vcryptsim.js', import.meta.url));
const clock = new SystemClock();

let folder: string;
let network: TlsNetwork;
const running = new Set<ChildProcess>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kms-serve-'));
  network = new TlsNetwork(clock);
});
afterEach(async () => {
  for (const server of running) server.kill('SIGKILL');
  running.clear();
  await network.dispose();
  await rm(folder, { recursive: true, force: true });
});

function vcryptsim(...words: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...words], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

/** Starts `kms serve` and resolves when it says that it is ready. */
async function serve(...words: string[]): Promise<{ server: ChildProcess; port: number; err: () => string }> {
  const server = spawn(process.execPath, [
    BIN,
    'kms',
    'serve',
    '--dir',
    `${folder}/kms`,
    '--listen',
    '127.0.0.1:0',
    ...words,
  ]);
  running.add(server);
  let out = '';
  let err = '';
  server.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`ended with ${code}: ${err}`)));
    server.stdout?.on('data', (chunk) => {
      out += chunk;
      if (out.endsWith('\n')) resolve(JSON.parse(out.trim().split('\n').at(-1)!).port);
    });
  });
  return { server, port, err: () => err };
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => server.once('exit', (code) => resolve(code)));
  server.kill(signal);
  running.delete(server);
  return ended;
}

async function identityOf(place: string): Promise<TlsIdentity> {
  const chain = certificatesFromPem(await readFile(`${place}/cert.pem`, 'utf8'));
  return { chain, privateKey: privateKeyFromPem(await readFile(`${place}/key.pem`)) };
}

async function clientOf(port: number, identity: TlsIdentity): Promise<KmipClient> {
  const authorities = certificatesFromPem(await readFile(`${folder}/kms/pki/ca.pem`, 'utf8'));
  const judge = peerJudge({ pins: [], authorities }, clock, '127.0.0.1');
  return new KmipClient({
    connect: (signal) => network.connect({ host: '127.0.0.1', port }, { identity, judge, signal }),
    clock,
    timeoutMs: 10_000,
  });
}

const AES_256 = { algorithm: 'AES', lengthBits: 256, usageMask: 0x0c } as const;
const fetch = (client: KmipClient, id: KeyId) =>
  client.session((session) => session.get(id, { take: (view) => Buffer.from(view).toString('base64') }));

describe('vcryptsim kms', () => {
  it('[S14] serves a key over mutual TLS, and again after SIGTERM and after SIGKILL', async () => {
    expect(vcryptsim('kms', 'client', 'add', 'vcenter', '--dir', `${folder}/kms`).code).toBe(0);
    const identity = await identityOf(`${folder}/kms/clients/vcenter`);
    const first = await serve();
    expect(first.err()).toContain('not for production keys');
    const client = await clientOf(first.port, identity);
    const id = await client.session((session) => session.create(AES_256));
    const { taken } = await fetch(client, id);
    expect(Buffer.from(taken, 'base64')).toHaveLength(32);
    expect(await end(first.server, 'SIGTERM')).toBe(0);

    const second = await serve();
    expect((await fetch(await clientOf(second.port, identity), id)).taken).toBe(taken);
    const later = await (await clientOf(second.port, identity)).session((session) => session.create(AES_256));
    await end(second.server, 'SIGKILL');

    const third = await serve();
    expect((await fetch(await clientOf(third.port, identity), later)).algorithm).toBe('AES');
    expect((await fetch(await clientOf(third.port, identity), id)).taken).toBe(taken);
    expect(await end(third.server, 'SIGINT')).toBe(0);
    const lines = (await readFile(`${folder}/kms/audit.jsonl`, 'utf8')).split('\n').slice(0, -1);
    expect(await verifyChain(lines)).toMatchObject({ ok: true });
  });

  it('keeps secrets in files for their owner only, and makes no key file twice', async () => {
    vcryptsim('kms', 'client', 'add', 'vcenter', '--dir', `${folder}/kms`, '--out', `${folder}/out`);
    const { server } = await serve();
    for (const path of ['kms/root.key', 'kms/pki/ca.key', 'kms/pki/server.key', 'kms/store/journal', 'out/key.pem']) {
      expect((await stat(`${folder}/${path}`)).mode & 0o777, path).toBe(0o600);
    }
    expect((await stat(`${folder}/kms/root.key`)).size).toBe(32);
    expect(await readdir(`${folder}/kms/clients/vcenter`)).toEqual(['cert.pem']);
    expect(await readdir(`${folder}/out`)).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
    await end(server, 'SIGTERM');
    const again = vcryptsim('kms', 'client', 'add', 'other', '--dir', `${folder}/kms`, '--out', `${folder}/out`);
    expect([again.code, again.err]).toEqual([3, expect.stringContaining('exists already')]);
  });

  it('takes a client that is registered while it runs, by a certificate of its own', async () => {
    const { port } = await serve();
    const keyPair = await new SystemKeyPairs(clock).generate('rsa-2048');
    const validity = { notBeforeMs: clock.nowMs - 60_000, notAfterMs: clock.nowMs + 600_000 };
    const identity = await selfSign({
      subject: 'CN=kmipClient',
      keyPair,
      entropy: new SystemEntropy(),
      clock,
      ...validity,
    });
    const client = await clientOf(port, identity);
    await expect(client.session((session) => session.discoverVersions())).rejects.toBeInstanceOf(KmipClientError);
    await writeFile(`${folder}/vcenter.pem`, certificateToPem(identity.chain[0]!));
    const added = vcryptsim(
      'kms',
      'client',
      'add',
      'vcenter',
      '--dir',
      `${folder}/kms`,
      '--cert',
      `${folder}/vcenter.pem`,
    );
    expect([added.code, added.out]).toEqual([0, expect.stringContaining('ca.pem,cert.pem')]);
    expect(await client.session((session) => session.discoverVersions())).toContainEqual({ major: 1, minor: 1 });
  });

  it('says in one sentence and a next step what keeps it from serving', async () => {
    const { port, server } = await serve();
    const other = ['kms', 'serve', '--dir', `${folder}/other`, '--listen'];
    const cases: [string[], number, string][] = [
      [[...other, `127.0.0.1:${port}`], 3, `Port ${port} on 127.0.0.1 is taken.`],
      [['kms', 'serve', '--dir', `${folder}/kms`, '--listen', '127.0.0.1:0'], 3, `(process ${server.pid}) has`],
      [[...other, 'nonsense'], 2, 'nonsense is not an address'],
      [[...other, '127.0.0.1:0', '--root-key', `${folder}/missing/root.key`], 3, 'is not there'],
      [['kms', 'client', 'add', 'x', '--dir', `${folder}/kms`, '--cert', `${folder}/none.pem`], 3, 'no certificate at'],
      [['kms', 'client', 'add', '../x', '--dir', `${folder}/kms`], 2, "cannot be a client's name"],
    ];
    for (const [words, code, sentence] of cases) {
      const ended = vcryptsim(...words);
      expect([ended.code, ended.err], words.join(' ')).toEqual([code, expect.stringContaining(sentence)]);
      expect(ended.err).not.toContain('    at ');
      expect(ended.out).toBe('');
    }
  });

  it('refuses to start with another root key, and changes nothing', async () => {
    const { server } = await serve();
    await end(server, 'SIGTERM');
    const before = await readFile(`${folder}/kms/store/journal`);
    await writeFile(`${folder}/other.key`, Buffer.alloc(32, 1));
    const ended = vcryptsim(
      'kms',
      'serve',
      '--dir',
      `${folder}/kms`,
      '--listen',
      '127.0.0.1:0',
      '--root-key',
      `${folder}/other.key`,
    );
    expect([ended.code, ended.err]).toEqual([3, expect.stringContaining('not the one this store was made with')]);
    expect(await readFile(`${folder}/kms/store/journal`)).toEqual(before);
  });

  it('speaks TLS 1.2 with CBC and GCM and TLS 1.3 to openssl, and nothing to a client without a certificate', async () => {
    if (spawnSync('openssl', ['version']).status !== 0) return leftOut('kms serve with openssl', 'there is no openssl');
    vcryptsim('kms', 'client', 'add', 'vcenter', '--dir', `${folder}/kms`);
    const { port } = await serve();
    const place = `${folder}/kms/clients/vcenter`;
    const base = [
      's_client',
      '-connect',
      `127.0.0.1:${port}`,
      '-CAfile',
      `${place}/ca.pem`,
      '-verify_return_error',
      '-quiet',
    ];
    const identity = ['-cert', `${place}/cert.pem`, '-key', `${place}/key.pem`];
    // Discover Versions under 1.1, as vCenter sends it first on every connection.
    const discover = Buffer.from(
      '42007801000000604200770100000038420069010000002042006a0200000004000000010000000042006b0200000004000000010000000042000d0200000004000000010000000042000f010000001842005c05000000040000001e000000004200790100000000',
      'hex',
    );
    const exchange = (...words: string[]) =>
      new Promise<Buffer>((resolve) => {
        const peer = spawn('openssl', [...base, ...words], { stdio: ['pipe', 'pipe', 'ignore'] });
        const chunks: Buffer[] = [];
        peer.stdout.on('data', (chunk) => {
          chunks.push(chunk);
          peer.kill();
        });
        peer.stdin.on('error', () => {});
        peer.once('close', () => resolve(Buffer.concat(chunks)));
        peer.stdin.write(discover);
      });
    for (const words of [
      ['-tls1_3'],
      ['-tls1_2', '-cipher', 'AES128-SHA256'],
      ['-tls1_2', '-cipher', 'ECDHE-RSA-AES256-GCM-SHA384'],
    ]) {
      expect((await exchange(...identity, ...words)).subarray(0, 3).toString('hex'), words.join(' ')).toBe('42007b');
      expect(await exchange(...words), `no certificate, ${words.join(' ')}`).toHaveLength(0);
    }
    const audit = await readFile(`${folder}/kms/audit.jsonl`, 'utf8');
    expect(audit).toContain('NO_CERTIFICATE');
  });

  it('goes on when plain TCP, an HTTP request or nothing at all comes to its port', async () => {
    const { port } = await serve();
    vcryptsim('kms', 'client', 'add', 'vcenter', '--dir', `${folder}/kms`);
    const { connect } = await import('node:net');
    const sockets = [connect(port), connect(port)];
    for (const socket of sockets) socket.on('error', () => {});
    sockets[0]!.write('GET / HTTP/1.1\r\n\r\n');
    const client = await clientOf(port, await identityOf(`${folder}/kms/clients/vcenter`));
    expect(await client.session((session) => session.discoverVersions())).toContainEqual({ major: 1, minor: 1 });
    for (const socket of sockets) socket.destroy();
  });

  it('does not mistake a program that merely holds the port for itself', async () => {
    const holder: Server = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const ended = vcryptsim('kms', 'serve', '--dir', `${folder}/kms`, '--listen', `127.0.0.1:${port}`);
    holder.close();
    expect([ended.code, ended.err]).toEqual([3, expect.stringContaining('is taken')]);
  });

  it('lists clients, shows the audit log and notices a changed line, while the server runs', async () => {
    const where = ['--dir', `${folder}/kms`];
    expect(vcryptsim('kms', 'client', 'list', ...where)).toMatchObject({ code: 3, out: '' });
    vcryptsim('kms', 'client', 'add', 'vcenter', ...where);
    const { port } = await serve();
    const client = await clientOf(port, await identityOf(`${folder}/kms/clients/vcenter`));
    await client.session((session) => session.discoverVersions());
    const [listed] = JSON.parse(vcryptsim('kms', 'client', 'list', ...where, '--json').out).clients;
    expect(listed).toEqual({
      name: 'vcenter',
      subject: 'CN=vcenter',
      fingerprintSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      isAuthority: false,
      isRevoked: false,
    });
    const last = JSON.parse(vcryptsim('kms', 'audit', 'tail', ...where, '-n', '1').out);
    expect(last).toMatchObject({
      event: 'ANSWER',
      client: 'vcenter',
      items: [{ operation: 'DiscoverVersions', status: 'Success' }],
    });
    const whole = vcryptsim('kms', 'audit', 'verify', ...where);
    expect([whole.code, whole.out]).toEqual([0, expect.stringContaining(last.hash)]);
    const path = `${folder}/kms/audit.jsonl`;
    await writeFile(path, (await readFile(path, 'utf8')).replace('"DiscoverVersions"', '"Destroy"'));
    const changed = vcryptsim('kms', 'audit', 'verify', ...where);
    expect([changed.code, changed.err]).toEqual([1, expect.stringContaining(`Line ${last.n} of`)]);
  });

  it('signs a request, and shuts a revoked client out while it runs', async () => {
    const where = ['--dir', `${folder}/kms`];
    const { port } = await serve();
    const keyPair = await new SystemKeyPairs(clock).generate('rsa-2048');
    const request = await createCertificateRequest({ subject: 'CN=vcenter,O=example', keyPair, clock });
    await writeFile(`${folder}/vcenter.csr`, certificateRequestToPem(request));
    const signed = vcryptsim('kms', 'client', 'sign', 'vcenter', '--csr', `${folder}/vcenter.csr`, ...where);
    expect([signed.code, signed.out]).toEqual([0, expect.stringContaining('may connect')]);
    const chain = certificatesFromPem(await readFile(`${folder}/kms/clients/vcenter/cert.pem`, 'utf8'));
    const client = await clientOf(port, { chain, privateKey: keyPair.privateKey });
    expect(await client.session((session) => session.discoverVersions())).toContainEqual({ major: 1, minor: 1 });
    expect(vcryptsim('kms', 'client', 'revoke', 'vcenter', ...where).code).toBe(0);
    await expect(client.session((session) => session.discoverVersions())).rejects.toBeInstanceOf(KmipClientError);
    expect(vcryptsim('kms', 'client', 'list', ...where).out).toContain('revoked');
    expect(vcryptsim('kms', 'client', 'add', 'vcenter', ...where).err).toContain('There is a client vcenter already');
    expect(vcryptsim('kms', 'client', 'revoke', 'nobody', ...where)).toMatchObject({ code: 2 });
    const bad = vcryptsim('kms', 'client', 'sign', 'other', '--csr', `${folder}/kms/pki/ca.pem`, ...where);
    expect([bad.code, bad.err]).toEqual([3, expect.stringContaining('where a certificate request is wanted')]);
  });
});
