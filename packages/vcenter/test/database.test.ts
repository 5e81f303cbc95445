import { DurableLog, sha256Check } from '@vcryptsim/durable-log';
import { FaultyFileSystem } from '@vcryptsim/simkit';
import { ROOT_FOLDER, SAMPLE_POLICY, type UserName } from '@vcryptsim/vcenter';
import { generateProviderKey, powerOnVm } from '@vcryptsim/vcenter/catalogue';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counted } from '../../../test/support/counted.js';
import { logOwnerSuite } from '../../durable-log/test/support/log-owner-suite.js';
import { SHIPPED_ROLES } from '../src/access/shipped-roles.js';
import { openChangeLog } from '../src/database/change-log.js';
import { VcDatabase } from '../src/database/vc-database.js';
import { install } from '../src/installation.js';
import { as } from './support/as-user.js';
import { CLUSTER, ESX_1, Lab } from './support/lab.js';

const PATH = '/vcenter/vcdb.log';

const FORMAT = 'vcryptsim vcenter database 2';
const ROLE = SHIPPED_ROLES.readOnly.id;

logOwnerSuite({
  name: 'a vCenter that keeps users',
  logPath: '/vc/vcdb.log',
  prepare: (files) => files.mkdir('/vc'),
  open: async (files) => {
    const database = await VcDatabase.open(files, '/vc', (tx) => install(tx, 'vc'));
    const nameOf = (n: number) => `user${String(n).padStart(3, '0')}@vsphere.local` as UserName;
    return {
      // One change of two tables: half of it would show.
      change: (n) =>
        database.change((tx) => {
          const name = nameOf(n);
          tx.put('users', name, { name });
          tx.put('permissions', `group-d1 ${name}`, { user: name, entity: ROOT_FOLDER, role: ROLE, propagate: true });
          tx.put('policies', 'count', { ...SAMPLE_POLICY, generation: tx.next('task') });
        }),
      state: () =>
        JSON.stringify(
          (['installation', 'users', 'permissions', 'policies'] as const).map((name) =>
            [...database.table(name)].sort(),
          ),
        ),
      compact: () => database.compact(),
      close: () => database.close(),
    };
  },
});

/** The tables of a vCenter, as everybody outside sees them. */
const tablesOf = (vcenter: Parameters<typeof as>[0]) => [
  ...[vcenter.folders(), vcenter.datacenters(), vcenter.computeResources(), vcenter.hosts(), vcenter.vms()],
  ...[vcenter.keyProviders(), vcenter.policies(), vcenter.roles(), vcenter.users(), vcenter.permissions()],
  ...[vcenter.alarms(), vcenter.tasks(), vcenter.eventRecords()],
];

async function bytesOf(lab: Lab): Promise<Uint8Array> {
  return (await lab.filesUnder('/vcenter')).get(PATH)!;
}

async function write(lab: Lab, bytes: Uint8Array): Promise<void> {
  const handle = await lab.files.open(PATH, { access: 'write' });
  await handle.truncate(0);
  await handle.pwrite(bytes, 0);
  await handle.close();
}

/** Every record of a log as text, in its order. */
async function recordsOf(lab: Lab): Promise<string[]> {
  const records: string[] = [];
  const o = { files: lab.files, path: PATH, format: FORMAT, check: sha256Check };
  const { log } = await DurableLog.open(o, (record) => records.push(new TextDecoder().decode(record)));
  await log.close();
  return records;
}

describe('the database of a vCenter', () => {
  it('comes back from its log as it was, and again from what that left', () =>
    Lab.run([ESX_1], async (lab, first) => {
      await lab.encryptedVm(first);
      await as(first).reconnectHost(ESX_1);
      const known = tablesOf(first);
      await first.stop();
      for (let boot = 0; boot < 2; boot++) {
        const again = await lab.bootVCenter();
        expect(tablesOf(again)).toEqual(known);
        await again.stop();
      }
    }));

  it('reads the same after a cut in the middle of its last change as before that change', () =>
    Lab.run([ESX_1], async (lab, first) => {
      await lab.encryptedVm(first);
      const [known, whole] = [tablesOf(first), (await bytesOf(lab)).slice()];
      await as(first).addCluster('cluster-2');
      await first.stop();
      const longer = await bytesOf(lab);
      expect(longer.length).toBeGreaterThan(whole.length);
      for (let cut = whole.length; cut < longer.length; cut += 97) {
        await write(lab, longer.subarray(0, cut));
        const again = await lab.bootVCenter();
        expect(tablesOf(again)).toEqual(known);
        await again.stop();
        expect(await bytesOf(lab)).toEqual(whole);
      }
    }));

  it('[S02] has no member that could hold a key: every text in it is a name, an ID, a state or a sentence', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      await vcenter.stop();
      const members = new Set<string>();
      for (const text of await recordsOf(lab)) {
        JSON.parse(text, (member: string, value: unknown) => {
          if (typeof value === 'string') members.add(/^\d+$/.test(member) ? '(item)' : member);
          return value;
        });
      }
      expect([...members].sort()).toEqual(
        [
          ...['(item)', 'name', 'parent', 'host', 'uuid', 'version', 'vmxPath', 'fileName', 'type', 'id', 'message'],
          ...['keyId', 'providerId', 'trustedCertificateSha256', 'policy', 'description', 'user', 'entity'],
          ...['connectionState', 'cryptoState', 'powerState', 'state', 'result'],
          ...['vmFolder', 'hostFolder', 'datastoreFolder'],
        ].sort(),
      );
    }));

  it('appends what a change changes, whatever else it holds', async () => {
    const appended = async (vms: number): Promise<number> => {
      let bytes = 0;
      await Lab.run([ESX_1], async (lab, vcenter) => {
        for (let vm = 0; vm < vms; vm++) await lab.encryptedVm(vcenter, `vm-${vm}`);
        const before = (await bytesOf(lab)).length;
        await lab.encryptedVm(vcenter, 'one-more');
        bytes = (await bytesOf(lab)).length - before;
      });
      return bytes;
    };
    const [small, large] = [await appended(20), await appended(40)];
    expect(counted('bytes of one more VM in the database', [small, '20 VMs'], [large, '40'])).toBeLessThan(1.05);
  });

  it('is written anew when most of it is old, and reads the same then', () =>
    Lab.run([], async (lab, vcenter) => {
      await vcenter.stop();
      const open = () => VcDatabase.open(lab.files, '/other', (tx) => install(tx, 'other'));
      const database = await open();
      for (let at = 0; at < 5_000; at++) {
        await database.change((tx) => tx.put('users', 'alice', { name: `alice${at}` as never }));
      }
      expect(database.table('users').get('alice')?.name).toBe('alice4999');
      await database.close();
      const { log, tables } = await openChangeLog(lab.files, '/other/vcdb.log');
      expect(log.isMostlyOld(tables)).toBe(false);
      await log.close();
      const again = await open();
      expect(again.table('users')).toEqual(database.table('users'));
      expect(again.table('roles')).toEqual(database.table('roles'));
    }));

  it('refuses to boot from a damaged log, and leaves it as it is', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      await vcenter.stop();
      const whole = (await bytesOf(lab)).slice();
      for (const at of [0, 40, Math.floor(whole.length / 2)]) {
        const bytes = whole.slice();
        bytes[at] = (bytes[at] ?? 0) ^ 0x20;
        await write(lab, bytes);
        await expect(lab.bootVCenter()).rejects.toMatchObject({ code: 'DATABASE_DAMAGED', fault: { file: PATH } });
        expect(await bytesOf(lab)).toEqual(bytes);
      }
    }));

  it('refuses any record that does not fit its table, by its number', async () => {
    await Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      await vcenter.stop();
      const records = await recordsOf(lab);
      const values = JSON.parse(records.find((record) => record.startsWith('["vms"'))!) as [string, string, object];
      const members = Object.keys(values[2]);
      let [read, refused] = [0, 0];
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...members), fc.jsonValue(), async (member, value) => {
          const edited = JSON.stringify([values[0], values[1], { ...values[2], [member]: value }]);
          const o = { files: lab.files, path: '/vcenter/edited.log', format: FORMAT, check: sha256Check };
          const { log } = await DurableLog.open(o, () => {});
          await log.append(new TextEncoder().encode(edited));
          await log.close();
          try {
            const { log: opened } = await openChangeLog(lab.files, o.path);
            await opened.close();
            read += 1;
          } catch (error) {
            const what = expect.stringMatching(/^record 1 \(vms vm-\d+\): .* does not fit/);
            expect(error).toMatchObject({ code: 'DATABASE_DAMAGED', fault: { file: o.path, what } });
            refused += 1;
          } finally {
            await lab.files.unlink(o.path);
          }
        }),
        { numRuns: 200 },
      );
      expect(refused).toBeGreaterThan(50);
      expect(read + refused).toBe(200);
    });
  });

  it('refuses the database of an earlier release with a sentence, and leaves it as it is', () =>
    Lab.run([], async (lab, vcenter) => {
      await vcenter.stop();
      await lab.files.unlink(PATH);
      const handle = await lab.files.open('/vcenter/vcdb.json', { access: 'write', create: 'exclusive' });
      await handle.pwrite(new TextEncoder().encode('{"format":"vcryptsim-vcdb","formatVersion":1}'), 0);
      await handle.close();
      await expect(lab.bootVCenter()).rejects.toMatchObject({
        code: 'DATABASE_OLD',
        message: expect.stringContaining('/vcenter/vcdb.json is the database of an earlier release'),
      });
      expect([...(await lab.filesUnder('/vcenter')).keys()]).not.toContain(PATH);
    }));

  it('keeps the old content, in memory and on disk, when the medium is full', () =>
    Lab.run([], async (lab, vcenter) => {
      await vcenter.stop();
      const files = new FaultyFileSystem(lab.files);
      const second = await lab.bootVCenter({ files });
      const before = (await bytesOf(lab)).slice();
      const freeAgain = files.set({ kind: 'no-space', afterBytes: 0 });
      await expect(as(second).addCluster('cluster-2')).rejects.toMatchObject({ code: 'DATABASE_UNWRITABLE' });
      expect(second.computeResources().map(({ name }) => name)).toEqual([CLUSTER]);
      expect(await bytesOf(lab)).toEqual(before);
      freeAgain();
      await as(second).addCluster('cluster-2');
      expect(second.computeResources().map(({ name }) => name)).toEqual([CLUSTER, 'cluster-2']);
      await second.stop();
    }));

  it('makes changes one after another, each on what the earlier one left', () =>
    Lab.run([], async (lab, vcenter) => {
      await vcenter.stop();
      const open = () => VcDatabase.open(lab.files, '/other', (tx) => install(tx, 'other'));
      const database = await open();
      const numbers = await Promise.all(Array.from({ length: 20 }, () => database.change((tx) => tx.next('task'))));
      expect(numbers).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
      await database.close();
      expect((await open()).table('installation')).toEqual(database.table('installation'));
    }));

  it('ends a task that was running when vCenter was cut off', () =>
    Lab.run([ESX_1], async (lab, first) => {
      const vm = await lab.encryptedVm(first);
      lab.hosts.reboot(ESX_1);
      for (const name of ['kms-1', 'kms-2']) lab.network.set(name, { kind: 'hang' });
      const waiting = as(first).unlockVm(vm);
      await lab.clock.after(1_000);
      expect(first.tasks().at(-1)).toMatchObject({ name: 'CryptoUnlock_Task', state: 'running' });
      const cutOff = (await bytesOf(lab)).slice();
      await first.stop();
      expect(await waiting).toMatchObject({ state: 'error' });

      await write(lab, cutOff);
      const second = await lab.bootVCenter();
      expect(second.tasks().at(-1)).toMatchObject({
        name: 'CryptoUnlock_Task',
        state: 'error',
        error: { code: 'INTERRUPTED' },
      });
      await second.stop();
    }));

  it('answers nothing and changes nothing after it stopped', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      const vm = await lab.encryptedVm(vcenter);
      const { session } = as(vcenter);
      const ref = as(vcenter).vm(vm);
      await vcenter.stop();
      const before = (await bytesOf(lab)).slice();
      await expect(session.run(powerOnVm, ref, {})).rejects.toMatchObject({ code: 'VCENTER_STOPPED' });
      await expect(session.call(generateProviderKey, null, {})).rejects.toMatchObject({ code: 'VCENTER_STOPPED' });
      await lab.clock.after(600_000);
      expect(await bytesOf(lab)).toEqual(before);
    }));
});
