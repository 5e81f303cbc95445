// The administrator's verbs, against a server that runs and against a folder at rest.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KmipClient } from '@vcryptsim/kmip-lite/client';
import { verifyChain } from '@vcryptsim/kms';
import { certificatesFromPem, peerJudge, privateKeyFromPem } from '@vcryptsim/pki';
import type { KeyId } from '@vcryptsim/ports';
import { SystemClock, TlsNetwork } from '@vcryptsim/ports/os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/vcryptsim.js', import.meta.url));
const AES_256 = { algorithm: 'AES', lengthBits: 256, usageMask: 0x0c } as const;
const clock = new SystemClock();

let folder: string;
let dir: string;
let network: TlsNetwork;
const running = new Set<ChildProcess>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kms-admin-'));
  dir = `${folder}/kms`;
  network = new TlsNetwork(clock);
});
afterEach(async () => {
  for (const server of running) server.kill('SIGKILL');
  running.clear();
  await network.dispose();
  await rm(folder, { recursive: true, force: true });
});

function kms(...words: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'kms', ...words], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

async function serve(where = dir, ...words: string[]): Promise<{ server: ChildProcess; port: number }> {
  const given = [BIN, 'kms', 'serve', '--dir', where, '--listen', '127.0.0.1:0', ...words];
  const server = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'ignore'] });
  running.add(server);
  let out = '';
  const port = await new Promise<number>((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    server.stdout.on('data', (chunk) => {
      out += chunk;
      if (out.endsWith('\n')) resolve(JSON.parse(out.trim().split('\n').at(-1)!).port);
    });
  });
  return { server, port };
}

async function end(server: ChildProcess): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => server.once('exit', (code) => resolve(code)));
  server.kill('SIGTERM');
  running.delete(server);
  return ended;
}

async function clientOf(port: number, name = 'vcenter'): Promise<KmipClient> {
  const place = `${dir}/clients/${name}`;
  const chain = certificatesFromPem(await readFile(`${place}/cert.pem`, 'utf8'));
  const identity = { chain, privateKey: privateKeyFromPem(await readFile(`${place}/key.pem`)) };
  const authorities = certificatesFromPem(await readFile(`${dir}/pki/ca.pem`, 'utf8'));
  const judge = peerJudge({ pins: [], authorities }, clock, '127.0.0.1');
  return new KmipClient({
    connect: (signal) => network.connect({ host: '127.0.0.1', port }, { identity, judge, signal }),
    clock,
    timeoutMs: 10_000,
  });
}

const create = (client: KmipClient) => client.session((session) => session.create(AES_256));
const bytesOf = async (client: KmipClient, id: KeyId): Promise<string> => {
  const { taken } = await client.session((s) => s.get(id, { take: (view) => Buffer.from(view).toString('hex') }));
  return taken;
};
const audit = async (): Promise<Record<string, unknown>[]> => {
  const lines = (await readFile(`${dir}/audit.jsonl`, 'utf8')).split('\n').slice(0, -1);
  expect(await verifyChain(lines)).toMatchObject({ ok: true });
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe('kms key', () => {
  it('[S14] moves a key through its life for an administrator, while the server runs and at rest', async () => {
    kms('client', 'add', 'vcenter', '--dir', dir);
    const { server, port } = await serve();
    expect((await stat(`${dir}/admin.sock`)).mode & 0o777).toBe(0o600);
    const client = await clientOf(port);
    const id = await create(client);
    const material = await bytesOf(client, id);
    const act = (verb: string, ...words: string[]) => kms('key', verb, id, '--dir', dir, ...words);

    expect(JSON.parse(kms('key', 'list', '--dir', dir, '--json').out).keys).toMatchObject([
      { id, type: 'SymmetricKey', state: 'PreActive', owner: 'vcenter', algorithm: 'AES', lengthBits: 256 },
    ]);
    expect(act('activate').out).toContain(`${id}  SymmetricKey AES-256  Active  vcenter`);
    const early = act('destroy');
    expect([early.code, early.err]).toEqual([
      3,
      expect.stringContaining('An Active object is revoked before it goes.'),
    ]);
    expect(act('archive').out).toContain('Active, archived');
    await expect(bytesOf(client, id)).rejects.toMatchObject({ reason: 'ObjectArchived' });
    expect(act('recover').code).toBe(0);
    expect(await bytesOf(client, id)).toBe(material);
    const shown = act('show', '--json').out;
    expect(JSON.parse(shown).attributes).toContainEqual({ name: 'State', index: 0, value: 'Active' });
    expect(shown).not.toContain(material);
    expect(JSON.parse(act('revoke', '--reason', 'Superseded', '--json').out)).toMatchObject({ state: 'Deactivated' });
    expect(await end(server)).toBe(0);

    expect(act('show').out).toContain('Revocation Reason: {"code":"Superseded"}');
    expect(act('destroy').out).toContain('Destroyed');
    expect(act('show').out).toContain('State: Destroyed');
    const { port: again } = await serve();
    await expect(bytesOf(await clientOf(again), id)).rejects.toMatchObject({ reason: 'ItemNotFound' });

    const asked = (await audit()).filter((line) => line.event === 'ADMIN');
    expect(asked.map(({ action, status, keyId, code }) => [action, status, keyId, code])).toEqual([
      ['key.list', 'Success', undefined, undefined],
      ['key.activate', 'Success', id, undefined],
      ['key.destroy', 'Refused', id, 'WRONG_STATE'],
      ['key.archive', 'Success', id, undefined],
      ['key.recover', 'Success', id, undefined],
      ['key.show', 'Success', id, undefined],
      ['key.revoke', 'Success', id, undefined],
      ['key.show', 'Success', id, undefined],
      ['key.destroy', 'Success', id, undefined],
      ['key.show', 'Success', id, undefined],
    ]);
  });

  it('says what is wrong and what to do about it', async () => {
    const nowhere = kms('key', 'list', '--dir', `${folder}/nowhere`);
    expect([nowhere.code, nowhere.err]).toEqual([3, expect.stringContaining('is not the folder of a key server')]);
    expect(await readdir(folder)).toEqual([]);
    const { server } = await serve();
    const cases: [string[], number, string][] = [
      [['key', 'show', 'no-such-id', '--dir', dir], 3, 'See what there is: vcryptsim kms key list'],
      [['key', 'revoke', 'x', '--dir', dir, '--reason', 'Nonsense'], 2, 'Allowed choices are'],
      [['key', 'destroy', '--dir', dir], 2, "missing required argument 'id'"],
      [['serve', '--dir', dir, '--listen', '127.0.0.1:0'], 3, `(process ${server.pid}) has`],
    ];
    for (const [words, code, sentence] of cases) {
      const ended = kms(...words);
      expect([ended.code, ended.err], words.join(' ')).toEqual([code, expect.stringContaining(sentence)]);
      expect(ended.err).not.toContain('    at ');
    }
    await end(server);
    expect(await readdir(dir)).not.toContain('admin.sock');
  });

  it('works at once after a server was killed', async () => {
    const { server } = await serve();
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
    expect(await readdir(dir)).toContain('admin.sock');
    expect(kms('key', 'list', '--dir', dir).out).toContain('No objects yet');
    expect((await serve()).port).toBeGreaterThan(0);
  });

  it('lets verbs that come at the same time take turns', async () => {
    kms('client', 'add', 'first', '--dir', dir);
    const adding = ['a', 'b', 'c'].map(
      (name) =>
        new Promise<number | null>((resolve) => {
          spawn(process.execPath, [BIN, 'kms', 'client', 'add', name, '--dir', dir]).once('exit', resolve);
        }),
    );
    expect(await Promise.all(adding)).toEqual([0, 0, 0]);
    expect((await audit()).map((line) => line.client).sort()).toEqual(['a', 'b', 'c', 'first']);
  });
});

describe('kms client', () => {
  it('notes each change in the audit log, and closes the connections of whom it shuts out', async () => {
    kms('client', 'add', 'before', '--dir', dir);
    const { port } = await serve();
    kms('client', 'add', 'vcenter', '--dir', dir);
    kms('client', 'add', 'other', '--dir', dir);
    const session = await (await clientOf(port)).open();
    const other = await (await clientOf(port, 'other')).open();
    const id = await session.create(AES_256);
    const revoked = kms('client', 'revoke', 'vcenter', '--dir', dir);
    expect([revoked.code, revoked.out]).toEqual([0, expect.stringContaining('Connections closed: 1')]);
    await expect(session.activate(id)).rejects.toThrow();
    expect(await other.discoverVersions()).toContainEqual({ major: 1, minor: 1 });
    await other.close();
    await expect(create(await clientOf(port))).rejects.toThrow();
    const clients = (await audit()).filter((line) => String(line.event).startsWith('CLIENT_'));
    expect(clients.map(({ event, client }) => [event, client])).toEqual([
      ['CLIENT_ADDED', 'before'],
      ['CLIENT_ADDED', 'vcenter'],
      ['CLIENT_ADDED', 'other'],
      ['CLIENT_REVOKED', 'vcenter'],
    ]);
    expect(await audit()).toContainEqual(expect.objectContaining({ event: 'REFUSAL', code: 'REVOKED' }));
  });
});

describe('kms backup and restore', () => {
  it('copy a running server into a file and a folder, and bring it back beside its root key', async () => {
    kms('client', 'add', 'vcenter', '--dir', dir);
    const { server, port } = await serve();
    const client = await clientOf(port);
    const id = await create(client);
    const material = await bytesOf(client, id);
    for (const out of [`${folder}/b.tar`, `${folder}/b`]) {
      const made = kms('backup', '--dir', dir, '--out', out);
      expect([made.code, made.out]).toEqual([0, expect.stringContaining(out)]);
    }
    const listed = spawnSync('tar', ['tf', `${folder}/b.tar`], { encoding: 'utf8' });
    if (listed.status === 0) expect(listed.stdout).toContain('store/journal');
    const later = await create(client);
    await end(server);
    expect(kms('backup', '--dir', dir, '--out', `${folder}/b`).err).toContain('b exists already');

    for (const [from, to] of [
      [`${folder}/b.tar`, `${folder}/one`],
      [`${folder}/b`, `${folder}/two`],
    ] as const) {
      const restore = (...words: string[]) => kms('restore', '--from', from, '--dir', to, ...words);
      expect([restore().code, restore().err]).toEqual([3, expect.stringContaining('root.key is not there')]);
      await writeFile(`${folder}/wrong.key`, Buffer.alloc(32, 7));
      expect(restore('--root-key', `${folder}/wrong.key`).err).toContain('not the one this store was made with');
      const restored = restore('--root-key', `${dir}/root.key`);
      expect([restored.code, restored.err]).toEqual([0, '']);
      const again = restore('--root-key', `${dir}/root.key`);
      expect([again.code, again.err]).toEqual([3, expect.stringContaining('is not empty')]);
      const { server: second, port: other } = await serve(to, '--root-key', `${dir}/root.key`);
      expect(await bytesOf(await clientOf(other), id)).toBe(material);
      await expect(bytesOf(await clientOf(other), later)).rejects.toMatchObject({ reason: 'ItemNotFound' });
      await end(second);
    }
  });
});
