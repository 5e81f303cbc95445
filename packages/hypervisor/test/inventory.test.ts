// The host's inventory: what it holds over starts, and what a file in its place that is something else is taken for.
import { DurableLog, sha256Check } from '@vcryptsim/durable-log';
import { type FileSystem, readWhole, replaceFile, type VmName, type VmUuid } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { logOwnerSuite } from '../../durable-log/test/support/log-owner-suite.js';
import { decodeInventoryRecord, encodeInventoryRecord } from '../src/host/inventory-record.js';
import { RegisteredVm } from '../src/host/registered-vm.js';
import { VmInventory } from '../src/host/vm-inventory.js';
import { FailingFiles } from './support/failing-files.js';
import { faultOf, grant, KEY, Lab, OTHER_VM, plainVm, VM, webVm } from './support/lab.js';

const THIRD_VM = '6b6b6b6b-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;
const FOLDER = '/lab/hosts/esx-1';
const PATH = `${FOLDER}/vmInventory.log`;
const uuidOf = (n: number) => `00000000-0000-4000-9000-${String(n).padStart(12, '0')}` as VmUuid;
const vmOf = (n: number) =>
  new RegisteredVm(uuidOf(n), { datastore: 'ds1', folder: `vm-${n}`, fileName: `vm-${n}.vmx` }, `vm-${n}` as VmName);

logOwnerSuite({
  name: 'a host that registers VMs',
  logPath: '/host/vmInventory.log',
  prepare: (files) => files.mkdir('/host'),
  open: async (files) => {
    const inventory = await VmInventory.load(files, '/host');
    return {
      change: async (n) => {
        // One that is there leaves and comes again.
        if (inventory.get(uuidOf(n)) !== undefined) await inventory.remove(uuidOf(n));
        await inventory.add(vmOf(n));
      },
      state: () =>
        JSON.stringify(inventory.all().map(({ uuid, shown, registeredName }) => [uuid, shown, registeredName])),
      compact: () => inventory.compact(),
      close: () => inventory.close(),
    };
  },
});

const bytesOf = (files: FileSystem, path = PATH): Promise<Uint8Array> => readWhole(files, path, 1e6);
const names = async (lab: Lab): Promise<string[]> => (await lab.host.vms()).map(({ name }) => name);

/** A host with three plain VMs, shut down. */
async function three(): Promise<Lab> {
  const lab = await Lab.boot();
  await lab.host.createVm(plainVm());
  await lab.host.createVm(plainVm({ name: 'two' as VmName, uuid: OTHER_VM }));
  await lab.host.createVm(plainVm({ name: 'three' as VmName, uuid: THIRD_VM }));
  await lab.host.shutDown();
  lab.events.length = 0;
  return lab;
}

/** The boot is refused, names the file and a way out, and changes nothing. */
async function refusedBoot(lab: Lab): Promise<{ code: string; message: string }> {
  const before = await lab.digest();
  const error = await lab.bootHost().then(
    () => expect.fail('it booted'),
    (reason: Error & { code: string }) => reason,
  );
  expect(error).toMatchObject({ name: 'HypervisorError' });
  expect(error.message).toMatch(/move it away, boot the host and register its virtual machines again/);
  expect(lab.types()).not.toContain('HOST_BOOTED');
  expect(await lab.digest()).toBe(before);
  return error;
}

describe('the inventory of a host', () => {
  it('keeps the VMs in the order in which they came, over boots', async () => {
    const lab = await three();
    await lab.bootHost();
    expect(await names(lab)).toEqual(['web', 'two', 'three']);
    await lab.host.unregisterVm(VM);
    await lab.host.registerVm('[ds1] web/web.vmx');
    await lab.reboot();
    expect(await names(lab)).toEqual(['two', 'three', 'web']);
  });

  it('appends a record for a change, and leaves what stood there', async () => {
    const lab = await three();
    const before = await bytesOf(lab.files);
    await lab.bootHost();
    await lab.host.unregisterVm(OTHER_VM);
    const after = await bytesOf(lab.files);
    expect(after.subarray(0, before.length)).toEqual(before);
    expect(Buffer.from(after.subarray(before.length)).toString('latin1')).toContain(`{"unregister":"${OTHER_VM}"}`);
    expect(after.length - before.length).toBeLessThan(200);
  });

  it('does not grow for ever: records of VMs that left are dropped', async () => {
    const lab = await three();
    await lab.bootHost();
    let largest = 0;
    for (let round = 0; round < 200; round++) {
      await lab.host.unregisterVm(OTHER_VM);
      await lab.host.registerVm('[ds1] two/two.vmx');
      largest = Math.max(largest, (await bytesOf(lab.files)).length);
    }
    expect(largest).toBeLessThan(20_000);
    await lab.reboot();
    expect(await names(lab)).toEqual(['web', 'three', 'two']);
  });

  it('names files and never a key', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    const text = Buffer.from(await bytesOf(lab.files)).toString('latin1');
    expect(text).toContain('[ds1] web/web.vmx');
    expect(text).not.toContain(KEY.id.keyId);
  });
});

describe('a record', () => {
  const entry = { uuid: VM, path: { datastore: 'ds 1', folder: 'web', fileName: 'web.vmx' }, name: 'web' as VmName };

  it.each(['web', 'Straße "1" | x', '\u0000\u001b[2J\u202e', '日本', ''])('comes back with the name %j', (name) => {
    const record = { register: { ...entry, name: name as VmName } };
    expect(decodeInventoryRecord(encodeInventoryRecord(record))).toEqual(record);
  });

  const register = (fields: object) =>
    JSON.stringify({ register: VM, config: '[ds1] web/web.vmx', displayName: 'web', ...fields });
  it.each([
    ['no JSON', 'x'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['bytes that are no UTF-8', Buffer.from('22ff22', 'hex')],
    ['a path of another form', register({ config: '../../etc/passwd' })],
    ['a path that leaves its folder', register({ config: '[ds1] ../web.vmx' })],
    ['a UUID that is none', register({ register: 'x' })],
    ['a name that is none', register({ displayName: 1 })],
    ['a field more', register({ key: '00' })],
    ['a field less', JSON.stringify({ register: VM, config: '[ds1] web/web.vmx' })],
    ['two changes', register({ unregister: VM })],
    ['a UUID in other case', JSON.stringify({ unregister: VM.toUpperCase() })],
    ['a VM that is there', register({})],
    ['a VM that is not there', JSON.stringify({ unregister: OTHER_VM })],
  ])('that no host writes is refused: %s', async (_name, record) => {
    const lab = await Lab.boot();
    await lab.host.createVm(plainVm());
    await lab.host.shutDown();
    lab.events.length = 0;
    const options = { files: lab.files, path: PATH, format: 'host inventory 1', check: sha256Check };
    const { log } = await DurableLog.open(options, () => {});
    await log.append(Buffer.from(record as string));
    await log.close();
    expect(await refusedBoot(lab)).toMatchObject({
      code: 'FILE_DAMAGED',
      message: expect.stringContaining('after 1 virtual machines it holds a record that no host writes'),
    });
  });
});

describe('an inventory that is not what the host wrote', () => {
  it('is read without its last change when that was not finished, whatever is left of it', async () => {
    const lab = await three();
    const whole = await bytesOf(lab.files);
    await lab.bootHost();
    await lab.host.unregisterVm(THIRD_VM);
    await lab.host.shutDown();
    const changed = await bytesOf(lab.files);
    for (let length = whole.length; length < changed.length; length++) {
      await replaceFile(lab.files, PATH, changed.subarray(0, length));
      await lab.bootHost();
      expect(await names(lab), `${length} bytes`).toEqual(['web', 'two', 'three']);
      await lab.host.shutDown();
      expect(await bytesOf(lab.files), 'the rest is cut off').toEqual(whole);
    }
    await replaceFile(lab.files, PATH, changed);
    await lab.bootHost();
    expect(await names(lab)).toEqual(['web', 'two']);
  });

  it('is refused when something before its end was changed', async () => {
    const lab = await three();
    const whole = await bytesOf(lab.files);
    for (const place of [20, 100, 200, 300, 400]) {
      const bent = whole.slice();
      bent[place] = (bent[place] ?? 0) ^ 1;
      await replaceFile(lab.files, PATH, bent);
      const { code, message } = await refusedBoot(lab);
      expect(code, `byte ${place}`).toBe('FILE_DAMAGED');
      expect(message).toMatch(/vmInventory\.log, the host's inventory, is damaged: what is at byte \d+ is not/);
    }
  });

  it('and moved away, leaves VMs that can be registered again', async () => {
    const lab = await three();
    await replaceFile(
      lab.files,
      PATH,
      (await bytesOf(lab.files)).map((byte, at) => (at === 150 ? byte ^ 1 : byte)),
    );
    await refusedBoot(lab);
    await lab.files.rename(PATH, `${PATH}.away`);
    await lab.bootHost();
    expect(await names(lab)).toEqual([]);
    await lab.host.registerVm('[ds1] two/two.vmx');
    await lab.reboot();
    expect(await names(lab)).toEqual(['two']);
  });

  it('is not read, and not called damaged, when it is of another kind', async () => {
    const lab = await three();
    for (const bytes of [Buffer.alloc(0), Buffer.from('x'.repeat(100)), Buffer.from('<ConfigRoot/>')]) {
      await replaceFile(lab.files, PATH, bytes);
      const { code, message } = await refusedBoot(lab);
      // Of an empty file nothing tells what it was.
      expect([code, message.includes('damaged')]).toEqual(
        bytes.length === 0 ? ['FILE_DAMAGED', true] : ['NOT_SUPPORTED', false],
      );
    }
    await lab.files.unlink(PATH);
    const options = { files: lab.files, path: PATH, format: 'host inventory 2', check: sha256Check };
    await (await DurableLog.open(options, () => {})).log.close();
    expect((await refusedBoot(lab)).message).toContain('it says that it is a host inventory 2');
  });

  it('is refused when an earlier version wrote it, and read once that is moved away', async () => {
    const lab = await three();
    const old = `${FOLDER}/vmInventory.vmls`;
    await replaceFile(lab.files, old, Buffer.from('.encoding = "UTF-8"\nvmlist1.config = "[ds1] web/web.vmx"\n'));
    // Beside a newer one it counts for nothing.
    await lab.bootHost();
    expect(await names(lab)).toEqual(['web', 'two', 'three']);
    await lab.host.shutDown();
    lab.events.length = 0;
    await lab.files.unlink(PATH);
    const { code, message } = await refusedBoot(lab);
    expect(code).toBe('NOT_SUPPORTED');
    expect(message).toContain(`${old} is not an inventory that this host reads: an earlier version wrote it`);
    await lab.files.unlink(old);
    await lab.bootHost();
    expect(await names(lab)).toEqual([]);
  });
});

describe('an inventory that cannot be written', () => {
  const failing = async (kind: 'write' | 'fsync') => {
    const files = new FailingFiles(new MemoryFileSystem());
    const lab = await Lab.safe({ files });
    await lab.host.createVm(plainVm({ name: 'two' as VmName, uuid: OTHER_VM }));
    // The log's file keeps the name under which it was opened, which ends in .new at a first boot.
    files.failsWhen = (operation, path) => operation === kind && path.startsWith(PATH);
    return { files, lab };
  };

  it('leaves nothing of a new VM when the write fails, and takes the next one', async () => {
    const { files, lab } = await failing('write');
    const before = await lab.digest();
    expect(await faultOf(lab.host.createVm(plainVm()))).toMatchObject({ code: 'FILE_INACCESSIBLE', file: PATH });
    files.disarm();
    expect(await lab.digest()).toBe(before);
    await lab.host.createVm(plainVm());
    await lab.reboot();
    expect(await names(lab)).toEqual(['two', 'web']);
  });

  it.each([
    ['has the entry', true],
    ['has not', false],
  ])(
    'says that it does not know when an fsync fails; takes no change until a boot, which finds a whole VM or none: the medium %s',
    async (_what, reached) => {
      const { files, lab } = await failing('fsync');
      const before = await bytesOf(lab.files);
      const error = await lab.host.createVm(webVm()).catch((reason: Error) => reason);
      files.disarm();
      expect(error).toMatchObject({ code: 'FILE_INACCESSIBLE', fault: { file: PATH, reason: 'IO' } });
      expect(String(error)).toMatch(/whether the last change is in it is not known.*reboot the host/);
      expect(await names(lab)).toEqual(['two']);
      const kept = await lab.digest(lab.datastore);
      for (const change of [
        () => lab.host.createVm(plainVm({ name: 'three' as VmName, uuid: THIRD_VM })),
        () => lab.host.unregisterVm(OTHER_VM),
        () => lab.host.registerVm('[ds1] web/web.vmx'),
      ]) {
        expect(await faultOf(change())).toMatchObject({ code: 'FILE_INACCESSIBLE', file: PATH });
      }
      expect(await lab.digest(lab.datastore), 'the files of the VM that may be there stay').toBe(kept);
      if (!reached) await replaceFile(lab.files, PATH, before);
      await lab.reboot();
      await lab.enableCrypto();
      await lab.host.addKeys([grant(KEY)]);
      expect(await names(lab)).toEqual(reached ? ['two', 'web'] : ['two']);
      if (!reached) await lab.host.registerVm('[ds1] web/web.vmx');
      await lab.host.powerOnVm(VM);
    },
  );
});
