import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { describe, expect, it } from 'vitest';
import { Vecs } from '../src/crypto/vecs.js';
import { as } from './support/as-user.js';
import { KMS_1, KMS_2, Lab, PROVIDER } from './support/lab.js';
import { enumeration, integer, structure, text } from './support/ttlv-text.js';

const PASSWORD = 'correct horse Ä';
const FILE = '/vcenter/vecs/passwords/corp-kms/kms-1';
const password = () => new TextEncoder().encode(PASSWORD);
const server = { name: KMS_1, address: { name: KMS_1 }, userName: 'vSphere' };

// Header Authentication with a credential of type 1 (facts/kmip.md section 1.2).
const authentication = structure(
  '42000c',
  structure(
    '420023',
    enumeration('420024', 1),
    structure('420025', text('420099', 'vSphere'), text('4200a1', PASSWORD)),
  ),
);
const version = structure('420069', integer('42006a', 1), integer('42006b', 1));
const headerWithCredential = structure('420077', version, authentication, integer('42000d', 1));
const headerWithout = structure('420077', version, integer('42000d', 1));
/** Tag, type and length of a message come before its header. */
const headerOf = (request: string | undefined, like: string) => request?.slice(16, 16 + like.length);

describe('user name and password of a key server', () => {
  it('go into every header but those of Discover Versions, to that server alone', () =>
    Lab.run([], async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      await cryptoManager.updateKmipServer({ providerId: PROVIDER, server, password: password() });
      await cryptoManager.generateKey();
      const [creating, tagging] = lab.wire.conversations;
      expect(creating?.requests).toHaveLength(2);
      expect(headerOf(creating?.requests[0], headerWithout)).toBe(headerWithout);
      expect(headerOf(creating?.requests[1], headerWithCredential)).toBe(headerWithCredential);
      for (const request of tagging?.requests.slice(1) ?? []) expect(request).toContain(authentication);
      await lab.servers.stop(KMS_1);
      lab.wire.clear();
      await cryptoManager.generateKey();
      expect(lab.wire.conversations.map(({ to }) => to)).toEqual([KMS_2, KMS_2]);
      expect(lab.wire.conversations.flatMap(({ requests }) => requests).join()).not.toContain('42000c');
    }));

  it('are not sent by the health poll, which stays as it was observed', () =>
    Lab.run([], async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      await cryptoManager.pollHealth();
      const before = lab.wire.conversations.map(({ requests }) => [...requests]);
      await cryptoManager.updateKmipServer({ providerId: PROVIDER, server, password: password() });
      lab.wire.clear();
      await cryptoManager.pollHealth();
      expect(lab.wire.conversations.map(({ requests }) => requests)).toEqual(before);
    }));

  it('lie in a file that nobody else may read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-vecs-'));
    try {
      await new Vecs(new OsFileSystem(), folder).putPassword(PROVIDER, KMS_1, password());
      const path = join(folder, 'passwords/corp-kms/kms-1');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readFileSync(path, 'utf8')).toBe(PASSWORD);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('[S02] keeps the password in a file of its own, and out of the database, events and other files', () =>
    Lab.run([], async (lab, vcenter) => {
      await as(vcenter).cryptoManager.updateKmipServer({ providerId: PROVIDER, server, password: password() });
      const files = await lab.filesUnder('/vcenter');
      expect(files.get(FILE)).toEqual(password());
      const others = [...files].filter(([path]) => path !== FILE);
      for (const [, bytes] of others) expect(Buffer.from(bytes).includes(Buffer.from(password()))).toBe(false);
      expect(as(vcenter).cryptoManager.listKmipServers()[0]?.servers[0]).toMatchObject({ userName: 'vSphere' });
      expect(JSON.stringify([...lab.events, ...vcenter.eventRecords()])).not.toContain(PASSWORD);
    }));

  it('outlive a reboot', () =>
    Lab.run([], async (lab, first) => {
      await as(first).cryptoManager.updateKmipServer({ providerId: PROVIDER, server, password: password() });
      await first.stop();
      const second = await lab.bootVCenter();
      lab.wire.clear();
      await as(second).cryptoManager.generateKey();
      expect(lab.wire.conversations[0]?.requests[1]).toContain(authentication);
      await second.stop();
    }));

  it('says that a value is missing when the password has gone, makes no key there, and asks the next server', () =>
    Lab.run([], async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      await cryptoManager.updateKmipServer({ providerId: PROVIDER, server, password: password() });
      await lab.files.unlink(FILE);
      lab.wire.clear();
      await cryptoManager.generateKey();
      expect(lab.wire.conversations.map(({ to }) => to)).toEqual([KMS_2, KMS_2]);
      await lab.servers.stop(KMS_2);
      await expect(cryptoManager.generateKey()).rejects.toMatchObject({
        code: 'KEY_GENERATION_FAILED',
        message: expect.stringContaining('QLC_ERR_VALUE_MISSING Password'),
        fault: { servers: [{ server: KMS_1, code: 'PASSWORD_MISSING' }, { server: KMS_2 }] },
      });
    }));

  it('stay when only the address changes; an empty password, no user name or removal takes it away', () =>
    Lab.run([], async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const kept = async () => (await lab.filesUnder('/vcenter')).get(FILE);
      const { userName: _, ...nameless } = server;
      await cryptoManager.updateKmipServer({ providerId: PROVIDER, server, password: password() });
      await cryptoManager.updateKmipServer({ providerId: PROVIDER, server });
      expect(await kept()).toEqual(password());
      await cryptoManager.updateKmipServer({ providerId: PROVIDER, server, password: new Uint8Array(0) });
      expect(await kept()).toBeUndefined();
      await cryptoManager.updateKmipServer({ providerId: PROVIDER, server, password: password() });
      await cryptoManager.updateKmipServer({ providerId: PROVIDER, server: nameless });
      expect(await kept()).toBeUndefined();
      await cryptoManager.updateKmipServer({ providerId: PROVIDER, server, password: password() });
      await cryptoManager.removeKmipServer(PROVIDER, KMS_1);
      expect(await kept()).toBeUndefined();
    }));

  it('come with a server that is registered, and what an earlier one of its name left is not sent to it', () =>
    Lab.run([], async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const other = 'branch-kms' as typeof PROVIDER;
      await cryptoManager.registerKmipServer({ providerId: other, server, password: password() });
      expect((await lab.filesUnder('/vcenter')).get('/vcenter/vecs/passwords/branch-kms/kms-1')).toEqual(password());
      await expect(
        cryptoManager.registerKmipServer({ providerId: other, server, password: new Uint8Array(3) }),
      ).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
      expect((await lab.filesUnder('/vcenter')).get('/vcenter/vecs/passwords/branch-kms/kms-1')).toEqual(password());
    }));
});

describe('a change of a key server', () => {
  it('moves it to another address and keeps what is trusted there', () =>
    Lab.run([], async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const [before] = cryptoManager.listKmipServers()[0]?.servers ?? [];
      await lab.servers.start('kms-9');
      await lab.servers.stop(KMS_1);
      const moved = { name: KMS_1, address: { name: 'kms-9' } };
      await cryptoManager.updateKmipServer({ providerId: PROVIDER, server: moved });
      lab.wire.clear();
      await cryptoManager.generateKey();
      expect(lab.wire.conversations[0]?.to).toBe('kms-9');
      expect(cryptoManager.listKmipServers()[0]?.servers[0]).toEqual({ ...before, address: { name: 'kms-9' } });
    }));

  it('refuses one that is not there', () =>
    Lab.run([], async (_lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const unknown = { name: 'kms-7' as typeof KMS_1, address: { name: 'kms-7' } };
      await expect(cryptoManager.updateKmipServer({ providerId: PROVIDER, server: unknown })).rejects.toMatchObject({
        code: 'SERVER_NOT_FOUND',
      });
    }));
});
