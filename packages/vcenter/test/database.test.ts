import { FaultyFileSystem } from '@vcryptsim/simkit';
import { VCenterError } from '@vcryptsim/vcenter';
import { describe, expect, it } from 'vitest';
import { readDatabase } from '../src/database/read-database.js';
import { VcDatabase } from '../src/database/vc-database.js';
import { CLUSTER, ESX_1, Lab } from './support/lab.js';

const PATH = '/vcenter/vcdb.json';

async function contentOf(lab: Lab): Promise<string> {
  return new TextDecoder().decode((await lab.filesUnder('/vcenter')).get(PATH));
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof VCenterError && error.fault.code === 'DATABASE_DAMAGED') return error.fault.what;
    throw error;
  }
  return 'accepted';
}

describe('the database of a vCenter', () => {
  it('comes back from its file as it was', () =>
    Lab.run([ESX_1], async (lab, first) => {
      await lab.encryptedVm(first);
      await first.reconnectHost(ESX_1);
      const known = [first.clusters(), first.hosts(), first.vms(), first.tasks(), first.eventRecords(), first.alarms()];
      const providers = first.cryptoManager.listKmipServers();
      await first.stop();
      const second = await lab.bootVCenter();
      expect([
        ...[second.clusters(), second.hosts(), second.vms()],
        ...[second.tasks(), second.eventRecords(), second.alarms()],
      ]).toEqual(known);
      expect(second.cryptoManager.listKmipServers()).toEqual(providers);
      await second.stop();
    }));

  it('[S02] has no member that could hold a key: every text in it is a name, an ID, a state or a sentence', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      const members = new Set<string>();
      JSON.parse(await contentOf(lab), (member: string, value: unknown) => {
        if (typeof value === 'string') members.add(/^\d+$/.test(member) ? '(item)' : member);
        return value;
      });
      expect([...members].sort()).toEqual(
        [
          ...['format', 'name', 'cluster', 'host', 'uuid', 'version', 'vmxPath', 'policy', 'type', 'id', 'message'],
          ...['keyId', 'providerId', 'trustedCertificateSha256'],
          ...['connectionState', 'cryptoState', 'powerState', 'state', 'result'],
        ].sort(),
      );
    }));

  it('names the place of what does not fit, and takes nothing of such a file', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      const text = await contentOf(lab);
      const edited = (from: string | RegExp, to: string): Uint8Array => {
        expect(text).toMatch(from);
        return new TextEncoder().encode(text.replace(from, to));
      };
      const found = (bytes: Uint8Array) => codeOf(() => readDatabase(PATH, bytes));
      expect(found(new TextEncoder().encode(text))).toBe('accepted');
      expect(found(new TextEncoder().encode(text.slice(0, -3)))).toBe('it is not JSON');
      expect(found(new Uint8Array([0xff, 0xfe]))).toBe('it is not JSON');
      expect(found(new TextEncoder().encode('[]'))).toBe('the whole is not an object');
      expect(found(edited('vcryptsim-vcdb', 'another'))).toBe('format is not one of vcryptsim-vcdb');
      expect(found(edited('"formatVersion": 1', '"formatVersion": 2'))).toBe('its formatVersion is not 1');
      expect(found(edited('"keyId": "key-2"', '"keyId": 2'))).toBe('clusters[0].hostKeyId.keyId is not a text');
      expect(found(edited('"cryptoState": "safe"', '"cryptoState": "unsafe"'))).toMatch(
        /^hosts\[0\]\.cryptoState is not/,
      );
      expect(found(edited('"incarnation": 1', '"incarnation": -1'))).toBe('hosts[0].incarnation is not a whole number');
      expect(found(edited('"vms": [', '"vms": 1, "x": ['))).toBe('vms is not a list');
    }));

  it('refuses to boot from a damaged file, and leaves the file as it is', () =>
    Lab.run([], async (lab, vcenter) => {
      await vcenter.stop();
      const handle = await lab.files.open(PATH, { access: 'write' });
      await handle.pwrite(new TextEncoder().encode('x'), 0);
      await handle.close();
      const before = await contentOf(lab);
      await expect(lab.bootVCenter()).rejects.toMatchObject({ code: 'DATABASE_DAMAGED', fault: { file: PATH } });
      expect(await contentOf(lab)).toBe(before);
    }));

  it('keeps the old content, in memory and on disk, when the medium is full', () =>
    Lab.run([], async (lab, vcenter) => {
      await vcenter.stop();
      const files = new FaultyFileSystem(lab.files);
      const second = await lab.bootVCenter({ files });
      const before = await contentOf(lab);
      const freeAgain = files.set({ kind: 'no-space', afterBytes: 0 });
      await expect(second.addCluster('cluster-2' as typeof CLUSTER)).rejects.toMatchObject({ code: 'NO_SPACE' });
      expect(second.clusters().map(({ name }) => name)).toEqual([CLUSTER]);
      expect(await contentOf(lab)).toBe(before);
      freeAgain();
      await second.addCluster('cluster-2' as typeof CLUSTER);
      expect(second.clusters().map(({ name }) => name)).toEqual([CLUSTER, 'cluster-2']);
      await second.stop();
    }));

  it('makes changes one after another, each on what the earlier one left', () =>
    Lab.run([], async (lab, vcenter) => {
      await vcenter.stop();
      const database = await VcDatabase.open(lab.files, '/other', 'other');
      await Promise.all(
        Array.from({ length: 20 }, () =>
          database.update(({ nextTaskNumber }) => ({ nextTaskNumber: nextTaskNumber + 1 })),
        ),
      );
      expect(database.content.nextTaskNumber).toBe(21);
      expect((await VcDatabase.open(lab.files, '/other', 'other')).content).toEqual(database.content);
    }));

  it('ends a task that was running when vCenter was cut off', () =>
    Lab.run([ESX_1], async (lab, first) => {
      const vm = await lab.encryptedVm(first);
      lab.hosts.reboot(ESX_1);
      for (const name of ['kms-1', 'kms-2']) lab.network.set(name, { kind: 'hang' });
      const waiting = first.unlockVm(vm);
      await lab.clock.after(1_000);
      const cutOff = await contentOf(lab);
      await first.stop();
      expect(await waiting).toMatchObject({ state: 'error' });

      const handle = await lab.files.open(PATH, { access: 'write' });
      await handle.truncate(0);
      await handle.pwrite(new TextEncoder().encode(cutOff), 0);
      await handle.close();
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
      await vcenter.stop();
      const before = await contentOf(lab);
      await expect(vcenter.powerOnVm(vm)).rejects.toMatchObject({ code: 'VCENTER_STOPPED' });
      await expect(vcenter.cryptoManager.generateKey()).rejects.toMatchObject({ code: 'VCENTER_STOPPED' });
      await lab.clock.after(600_000);
      expect(await contentOf(lab)).toBe(before);
    }));
});
