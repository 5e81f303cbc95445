// What an administrator can do and see, and what is spoken over DIR/admin.sock.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Administrator, AdminLink, KmsError, serveAdministrator } from '@vcryptsim/kms';
import { AssertionError, type KeyId, readWhole } from '@vcryptsim/ports';
import { SystemClock, UnixSocket } from '@vcryptsim/ports/os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Lab } from '../support/lab.js';

const AES_256 = { algorithm: 'AES', lengthBits: 256, usageMask: 0x0c } as const;

const auditOf = async (lab: Lab): Promise<Record<string, unknown>[]> =>
  new TextDecoder()
    .decode(await readWhole(lab.files, '/kms/audit.jsonl', 1e7))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('an administrator', () => {
  it('sees every client’s objects, and no bytes nor digest of one', async () => {
    await Lab.run(async (lab) => {
      const server = await lab.serve();
      const ids: KeyId[] = [];
      const taken: string[] = [];
      for (const name of ['first', 'second']) {
        const client = await lab.registered(server, name);
        const id = await client.session((session) => session.create(AES_256));
        const got = await client.session((s) => s.get(id, { take: (view) => Buffer.from(view).toString('hex') }));
        ids.push(id);
        taken.push(got.taken);
      }
      const { administrator } = server;
      const list = await administrator.perform<'key.list'>({ action: 'key.list' });
      expect(list.map(({ id, owner }) => [id, owner])).toEqual([
        [ids[0], 'first'],
        [ids[1], 'second'],
      ]);
      const shown = await administrator.perform<'key.show'>({ action: 'key.show', id: ids[1]! });
      expect(shown.attributes.map(({ name }) => name)).not.toContain('Digest');
      expect(shown.attributes).toContainEqual({ name: 'Cryptographic Length', index: 0, value: 256 });
      const text = JSON.stringify([list, shown]);
      for (const hex of taken) {
        expect(text).not.toContain(hex);
        expect(text).not.toContain(Buffer.from(hex, 'hex').toString('base64'));
      }
      await server.close();
    });
  });

  it('has what was asked in the audit log before the answer, refusals too', async () => {
    await Lab.run(async (lab) => {
      const server = await lab.serve();
      const client = await lab.registered(server);
      const id = await client.session((session) => session.create(AES_256));
      const { administrator } = server;
      await administrator.perform<'key.activate'>({ action: 'key.activate', id });
      await expect(administrator.perform<'key.destroy'>({ action: 'key.destroy', id })).rejects.toMatchObject({
        code: 'WRONG_STATE',
      });
      await expect(
        administrator.perform<'client.revoke'>({ action: 'client.revoke', name: 'nobody' }),
      ).rejects.toMatchObject({ code: 'CLIENT_UNKNOWN' });
      await expect(
        administrator.perform<'client.add'>({ action: 'client.add', name: 'bad', certificate: 'AAAA' }),
      ).rejects.toMatchObject({ code: 'CLIENT_CERTIFICATE_INVALID' });
      const asked = (await auditOf(lab)).filter((line) => line.event === 'ADMIN');
      expect(asked).toMatchObject([
        { action: 'key.activate', status: 'Success', keyId: id },
        { action: 'key.destroy', status: 'Refused', code: 'WRONG_STATE', keyId: id },
        { action: 'client.revoke', status: 'Refused', code: 'CLIENT_UNKNOWN', client: 'nobody' },
        { action: 'client.add', status: 'Refused', code: 'CLIENT_CERTIFICATE_INVALID', client: 'bad' },
      ]);
      expect(lab.events).toContainEqual({ type: 'KEY_STATE_CHANGED', keyId: id, from: 'PreActive', to: 'Active' });
      await server.close();
    });
  });

  it('shuts a client out at once, and nobody else', async () => {
    await Lab.run(async (lab) => {
      const server = await lab.serve();
      const sessions = await Promise.all(
        ['vcenter', 'other'].map(async (name) => (await lab.registered(server, name)).open()),
      );
      for (const session of sessions) await session.discoverVersions();
      const answer = await server.administrator.perform<'client.revoke'>({ action: 'client.revoke', name: 'vcenter' });
      expect(answer).toEqual({ closedConnections: 1 });
      await expect(sessions[0]!.discoverVersions()).rejects.toThrow();
      expect(await sessions[1]!.discoverVersions()).toContainEqual({ major: 1, minor: 1 });
      expect(lab.events).toContainEqual({ type: 'CLIENT_REVOKED', client: 'vcenter' });
      await server.close();
    });
  });
});

describe('DIR/admin.sock', () => {
  const sockets = new UnixSocket();
  const clock = new SystemClock();
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'admin-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const id = 'k' as KeyId;
  /** Knows one action, and refuses the others. */
  const administrator: Administrator = {
    perform: async (request) => {
      if (request.action === 'key.list') return [] as never;
      throw new KmsError('WRONG_STATE', `no ${request.action}`, 'do something else');
    },
  };

  /** Sends bytes as they are and reads what comes until the server closes. */
  async function say(text: string): Promise<string> {
    const channel = await sockets.connect(`${folder}/admin.sock`);
    await channel.write(new TextEncoder().encode(text));
    let heard = '';
    try {
      for (let piece = await channel.read(); piece; piece = await channel.read()) {
        heard += new TextDecoder().decode(piece);
        if (heard.endsWith('\n')) await channel.close();
      }
    } catch (error) {
      expect(error).toMatchObject({ code: 'RESET' });
    }
    return heard;
  }

  it('carries answers and refusals, one after the other', async () => {
    const door = await serveAdministrator({ administrator, sockets, folder, clock });
    const link = await AdminLink.open(sockets, folder);
    expect(await link?.perform<'key.list'>({ action: 'key.list' })).toEqual([]);
    await expect(link?.perform<'key.show'>({ action: 'key.show', id })).rejects.toMatchObject({
      code: 'WRONG_STATE',
      message: 'no key.show',
      nextStep: 'do something else',
    });
    expect(await link?.perform<'key.list'>({ action: 'key.list' })).toEqual([]);
    await link?.close();
    await door.close();
    expect(await AdminLink.open(sockets, folder)).toBeNull();
  });

  it.each([
    ['no JSON', 'hello'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['no action', '{}'],
    ['an action that is none', '{"action":"key.export","id":"k"}'],
    ['an action of the prototype', '{"action":"constructor"}'],
    ['a missing field', '{"action":"key.show"}'],
    ['a field of another type', '{"action":"key.show","id":7}'],
    ['a field too many', '{"action":"key.list","id":"k"}'],
    ['a reason that is none', '{"action":"key.revoke","id":"k","reason":"Because"}'],
  ])('refuses %s and goes on', async (_what, line) => {
    const door = await serveAdministrator({ administrator, sockets, folder, clock });
    expect(JSON.parse(await say(`${line}\n`))).toMatchObject({ ok: false, code: 'ADMIN_REQUEST_INVALID' });
    expect(await say('{"action":"key.list"}\n')).toBe('{"ok":true,"answer":[]}\n');
    await door.close();
  });

  it('ends a connection whose line is too long, without an answer', async () => {
    const door = await serveAdministrator({ administrator, sockets, folder, clock });
    expect(await say('x'.repeat(100_000))).toBe('');
    await door.close();
  });

  it('answers a mistake of ours too, tells who runs it of the cause, and goes on', async () => {
    let isBroken = true;
    const broken: Administrator = {
      perform: async (request) => {
        if (isBroken) throw new AssertionError('a mistake');
        return administrator.perform(request);
      },
    };
    const told: unknown[] = [];
    const door = await serveAdministrator({
      administrator: broken,
      sockets,
      folder,
      clock,
      onFault: (error) => void told.push(error),
    });
    const answer = await say('{"action":"key.list"}\n');
    expect(JSON.parse(answer)).toMatchObject({ ok: false, code: 'UNEXPECTED' });
    expect(answer).not.toContain('a mistake');
    expect(told).toEqual([expect.any(AssertionError)]);
    isBroken = false;
    expect(await say('{"action":"key.list"}\n')).toBe('{"ok":true,"answer":[]}\n');
    await door.close();
  });
});
