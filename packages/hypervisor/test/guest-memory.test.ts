// The memory of a VM that runs, is suspended and goes on, is frozen in a snapshot and brought back: byte by byte, and what
// lies in its files meanwhile.
import { GuestProgram, type ProgramState } from '@vcryptsim/hypervisor';
import type { CryptoSpec } from '@vcryptsim/hypervisor/api';
import { readWhole, sectorCount, sectorIndex } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { FailingFiles } from './support/failing-files.js';
import {
  dekIn,
  faultOf,
  grant,
  HOST_KEY,
  KEY,
  Lab,
  type LabOptions,
  lockedIn,
  OTHER_KEY,
  plainVm,
  unlockByHand,
  VM,
  webVm,
} from './support/lab.js';

const MIB = 1024 * 1024;
const MARKER = new TextEncoder().encode('what the guest has in its memory');
const MARKER_AT = 7 * MIB + 123;
const shallow: CryptoSpec = { type: 'ShallowRecrypt', newKeyId: OTHER_KEY.id };
const deep: CryptoSpec = { type: 'DeepRecrypt', newKeyId: OTHER_KEY.id };
const right = (steps: number): ProgramState => ({ steps, wrongPages: [], wrongSectors: [] });

/** A VM of 8 MiB, encrypted or plain, with a program in it. */
async function running(isEncrypted: boolean, options: LabOptions = {}) {
  const lab = await Lab.safe(options);
  const spec = { memoryMiB: 8, disks: [{ capacity: sectorCount(64) }] };
  await lab.host.createVm(isEncrypted ? webVm(spec) : plainVm(spec));
  await lab.host.powerOnVm(VM);
  return lab;
}

async function programIn(lab: Lab): Promise<GuestProgram<ReturnType<typeof sectorIndex>>> {
  const memory = await lab.host.openMemory(VM);
  const disk = await lab.host.openDisk(VM, 2000);
  return new GuestProgram({ seed: 11, memory, disk, sector: sectorIndex });
}

async function mark(lab: Lab): Promise<void> {
  await (await lab.host.openMemory(VM)).write(MARKER, MARKER_AT);
}

async function marked(lab: Lab): Promise<boolean> {
  const buffer = new Uint8Array(MARKER.length);
  await (await lab.host.openMemory(VM)).read(buffer, MARKER_AT);
  return Buffer.compare(buffer, MARKER) === 0;
}

const names = async (lab: Lab) =>
  (await lab.files.readdir(`${lab.datastore}/web`)).map((name) => name.replace(/-[0-9a-f]{8}\./, '-X.')).sort();
const PLAIN_NAMES = ['vmware.log', 'web-flat.vmdk', 'web.nvram', 'web.vmdk', 'web.vmsd', 'web.vmx'];
const powerState = async (lab: Lab) => (await lab.host.vm(VM)).powerState;

/** The keys in their holders' forms: the KEK, the host key, and the DEKs, opened by hand. */
async function keysOf(lab: Lab): Promise<readonly Uint8Array[]> {
  const deks = [];
  for (const file of ['web.vmx', 'web.vmdk']) {
    const dek = dekIn(unlockByHand(lockedIn(await lab.readText(file)), KEY.bytes) ?? '');
    expect(dek).toHaveLength(64);
    deks.push(dek, dek.subarray(0, 32), dek.subarray(32));
  }
  return [KEY.bytes, HOST_KEY.bytes, ...deks];
}

describe.each([
  ['an encrypted VM', true],
  ['a plain VM', false],
])('%s that is suspended', (_name, isEncrypted) => {
  it('goes on with its memory and its disks as they were, and its files are gone then', async () => {
    const lab = await running(isEncrypted);
    const program = await programIn(lab);
    await program.begin();
    await program.run(4);
    await mark(lab);
    await lab.host.suspendVm(VM);
    expect(await powerState(lab)).toBe('suspended');
    expect(lab.types().slice(-1)).toEqual(['VM_SUSPENDED']);
    expect(await names(lab)).toEqual([...PLAIN_NAMES, 'web-X.vmem', 'web-X.vmss'].sort());
    expect(await lab.readText('web.vmx')).toMatch(/^checkpoint\.vmState = "web-[0-9a-f]{8}\.vmss"$/m);
    await lab.host.powerOnVm(VM);
    expect(await powerState(lab)).toBe('poweredOn');
    expect(await names(lab)).toEqual([...PLAIN_NAMES, 'web-X.vswp', 'web.vmx.lck'].sort());
    expect(await lab.readText('web.vmx')).toContain('checkpoint.vmState = ""\n');
    const again = await programIn(lab);
    expect(await again.check()).toEqual(right(4));
    expect(await marked(lab)).toBe(true);
    expect(await again.run(2)).toBe(6);
    expect(await again.check()).toEqual(right(6));
    await lab.host.powerOffVm(VM);
    expect(await names(lab)).toEqual(PLAIN_NAMES);
    await lab.host.powerOnVm(VM);
    expect(await (await programIn(lab)).check(), 'a power cycle loses the memory').toMatchObject({ steps: null });
  });

  it('goes on after a reboot of its host', async () => {
    const lab = await running(isEncrypted);
    const program = await programIn(lab);
    await program.begin();
    await program.run(3);
    await lab.host.suspendVm(VM);
    await lab.reboot();
    expect(await powerState(lab)).toBe('suspended');
    if (isEncrypted) {
      expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'VM_LOCKED' });
      await lab.enableCrypto();
      await lab.host.addKeys([grant(KEY)]);
    }
    await lab.host.powerOnVm(VM);
    expect(await (await programIn(lab)).check()).toEqual(right(3));
  });

  it('is off, without its memory, when it is powered off', async () => {
    const lab = await running(isEncrypted);
    await mark(lab);
    await lab.host.suspendVm(VM);
    await lab.host.powerOffVm(VM);
    expect(await powerState(lab)).toBe('poweredOff');
    expect(await names(lab)).toEqual(PLAIN_NAMES);
    expect(await faultOf(lab.host.powerOffVm(VM))).toMatchObject({ code: 'INVALID_POWER_STATE' });
    await lab.host.powerOnVm(VM);
    expect(await marked(lab)).toBe(false);
  });

  it('takes nothing that would change its disks or its keys under its memory', async () => {
    const lab = await running(isEncrypted);
    const program = await programIn(lab);
    await program.begin();
    await program.run(2);
    await lab.host.suspendVm(VM);
    const before = await lab.digest();
    const suspended = { code: 'INVALID_POWER_STATE', existing: 'suspended' };
    expect(await faultOf(lab.host.suspendVm(VM))).toEqual(suspended);
    expect(await faultOf(lab.host.createSnapshot(VM, { name: 'a' }))).toEqual(suspended);
    const source = { sizeBytes: 64 * 512, read: async (buffer: Uint8Array) => buffer.length };
    expect(await faultOf(lab.host.importDisk(VM, 2000, source))).toEqual(suspended);
    const change = isEncrypted ? deep : ({ type: 'Encrypt', cryptoKeyId: KEY.id } as const);
    expect(await faultOf(lab.host.reconfigureVm(VM, { crypto: change }))).toEqual(suspended);
    expect(await faultOf(lab.host.openMemory(VM))).toMatchObject({ code: 'INVALID_POWER_STATE' });
    expect(await lab.digest()).toBe(before);
    if (isEncrypted) {
      await lab.host.reconfigureVm(VM, { crypto: shallow });
      await lab.host.removeKeys([KEY.id], true);
    }
    await lab.host.powerOnVm(VM);
    expect(await (await programIn(lab)).check()).toEqual(right(2));
  });

  it('runs on when there is no room for its memory', async () => {
    const files = new FailingFiles(new MemoryFileSystem());
    const lab = await running(isEncrypted, { files });
    const program = await programIn(lab);
    await program.begin();
    await program.run(2);
    files.code = 'NO_SPACE';
    files.failsWhen = (operation, path) => operation === 'write' && path.endsWith('.vmem');
    expect(await faultOf(lab.host.suspendVm(VM))).toMatchObject({ code: 'NO_SPACE' });
    files.disarm();
    expect(await powerState(lab)).toBe('poweredOn');
    expect(await names(lab)).toEqual([...PLAIN_NAMES, 'web-X.vswp', 'web.vmx.lck'].sort());
    expect(await program.run(1)).toBe(3);
    expect(await program.check()).toEqual(right(3));
  });
});

describe('the saved memory of an encrypted VM', () => {
  it('is refused when it was changed, and given up by a power off', async () => {
    const lab = await running(true);
    await mark(lab);
    await lab.host.suspendVm(VM);
    const file = (await lab.files.readdir(`${lab.datastore}/web`)).find((name) => name.endsWith('.vmem')) ?? '';
    const good = await lab.read(file);
    const forged = good.slice();
    forged[9000] = (forged[9000] ?? 0) ^ 1;
    await lab.overwrite(file, forged);
    const before = await lab.digest(lab.datastore);
    const tampered = { code: 'ENVELOPE_TAMPERED', file: `[ds1] web/${file}` };
    expect(await faultOf(lab.host.powerOnVm(VM))).toEqual(tampered);
    expect(await lab.digest(lab.datastore)).toBe(before);
    await lab.overwrite(file, good);
    await lab.host.powerOnVm(VM);
    expect(await marked(lab)).toBe(true);
    await lab.host.suspendVm(VM);
    const next = (await lab.files.readdir(`${lab.datastore}/web`)).find((name) => name.endsWith('.vmem')) ?? '';
    await lab.files.unlink(lab.path(next));
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'FILE_DAMAGED' });
    await lab.host.powerOffVm(VM);
    await lab.host.powerOnVm(VM);
    expect(await powerState(lab)).toBe('poweredOn');
  });

  it('is refused where the VM has another size of memory now', async () => {
    const lab = await running(true);
    await lab.host.suspendVm(VM);
    await lab.edit('web.vmx', 'memSize = "8"', 'memSize = "12"');
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'FILE_DAMAGED', what: /memory/ });
    await lab.edit('web.vmx', 'memSize = "12"', 'memSize = "8"');
    await lab.host.powerOnVm(VM);
  });

  it('is not written nor read by ESXi 6.5; that of a plain VM is', async () => {
    const lab = await running(true, { version: '6.5' });
    const before = await lab.digest();
    expect(await faultOf(lab.host.suspendVm(VM))).toMatchObject({ code: 'NOT_SUPPORTED' });
    expect(await faultOf(lab.host.createSnapshot(VM, { name: 'a', memory: true }))).toMatchObject({
      code: 'NOT_SUPPORTED',
    });
    expect(await lab.digest()).toBe(before);
    expect(await powerState(lab)).toBe('poweredOn');
    const plain = await running(false, { version: '6.5' });
    await mark(plain);
    await plain.host.suspendVm(VM);
    await plain.host.powerOnVm(VM);
    expect(await marked(plain)).toBe(true);
    const newer = await running(true, { version: '6.7' });
    await newer.host.suspendVm(VM);
    newer.version = '6.5';
    await newer.reboot();
    await newer.enableCrypto();
    await newer.host.addKeys([grant(KEY)]);
    expect(await faultOf(newer.host.powerOnVm(VM))).toMatchObject({ code: 'NOT_SUPPORTED' });
    expect(await newer.host.vm(VM)).toMatchObject({ powerState: 'suspended', connectionState: 'connected' });
  });
});

describe('guest swap of a running VM', () => {
  it('is as long as the memory, named in the VMX, and gone with the power', async () => {
    const lab = await running(true);
    const [, name = ''] =
      /^sched\.swap\.derivedName = ".*\/(web-[0-9a-f]{8}\.vswp)"$/m.exec(await lab.readText('web.vmx')) ?? [];
    expect(await lab.files.lstat(lab.path(name))).toMatchObject({ sizeBytes: 8 * MIB, allocatedBytes: 0 });
    await lab.host.powerOffVm(VM);
    expect(await names(lab)).toEqual(PLAIN_NAMES);
    await lab.host.powerOnVm(VM);
    expect((await lab.files.readdir(`${lab.datastore}/web`)).filter((each) => each.endsWith('.vswp'))).toEqual([name]);
  });

  it('gets another name where the VMX names one elsewhere, and leaves every other byte of it', async () => {
    const lab = await running(true);
    await lab.host.powerOffVm(VM);
    const before = await lab.readText('web.vmx');
    await lab.edit('web.vmx', '/vmfs/volumes/ds1/web/', '/vmfs/volumes/ds1/another/');
    await lab.host.powerOnVm(VM);
    const line = /^sched\.swap\.derivedName = .*$/m;
    expect((await lab.readText('web.vmx')).replace(line, '')).toBe(before.replace(line, ''));
    expect(await lab.readText('web.vmx')).toMatch(/derivedName = "\/vmfs\/volumes\/ds1\/web\/web-[0-9a-f]{8}\.vswp"/);
  });

  it('keeps a VM off that cannot have one', async () => {
    const files = new FailingFiles(new MemoryFileSystem());
    const lab = await running(true, { files });
    await lab.host.powerOffVm(VM);
    files.code = 'NO_SPACE';
    files.failsWhen = (operation, path) => operation === 'open' && path.endsWith('.vswp');
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'NO_SPACE' });
    files.disarm();
    expect(await powerState(lab)).toBe('poweredOff');
    expect(await names(lab)).toEqual(PLAIN_NAMES);
    await lab.host.powerOnVm(VM);
  });

  it('[S05] holds a page of an encrypted VM as ciphertext, of a plain one in clear, and the guest notices nothing', async () => {
    for (const isEncrypted of [true, false]) {
      const lab = await running(isEncrypted);
      const program = await programIn(lab);
      await program.begin();
      await program.run(3);
      await mark(lab);
      expect(await lab.host.reclaimMemory(VM, 10_000)).toBeGreaterThan(10);
      const found = (await lab.filesWith(MARKER.slice(0, 16))).map((path) => path.replace(/.*\./, ''));
      expect(found).toEqual(isEncrypted ? [] : ['vswp']);
      expect(await program.check()).toEqual(right(3));
      expect(await marked(lab)).toBe(true);
    }
  });
});

describe('a snapshot with memory', () => {
  it.each([
    ['an encrypted VM', true],
    ['a plain VM', false],
  ])('brings %s back to the byte, and it runs on from there', async (_name, isEncrypted) => {
    const lab = await running(isEncrypted);
    const program = await programIn(lab);
    await program.begin();
    await program.run(5);
    await lab.host.reclaimMemory(VM, 4);
    const { id } = await lab.host.createSnapshot(VM, { name: 'five', memory: true });
    expect(await program.run(6)).toBe(11);
    expect(await program.check()).toEqual(right(11));
    await lab.host.revertToSnapshot(VM, id);
    expect(await powerState(lab)).toBe('poweredOn');
    const again = await programIn(lab);
    expect(await again.check()).toEqual(right(5));
    expect(await again.run(1)).toBe(6);
    await lab.host.powerOffVm(VM);
    await lab.host.revertToSnapshot(VM, id);
    expect(await (await programIn(lab)).check()).toEqual(right(5));
    await lab.host.suspendVm(VM);
    await lab.host.revertToSnapshot(VM, id);
    expect(await (await programIn(lab)).check()).toEqual(right(5));
    await lab.host.powerOffVm(VM);
    expect((await names(lab)).filter((name) => /\.(?:vmss|vmem|vmsn|vswp)$/.test(name))).toEqual([
      'web-Snapshot1.vmem',
      'web-Snapshot1.vmsn',
    ]);
    await lab.host.removeAllSnapshots(VM);
    expect((await names(lab)).filter((name) => /\.(?:vmss|vmem|vmsn|vswp)$/.test(name))).toEqual([]);
  });

  it('whose memory was changed is refused while the VM runs on', async () => {
    const lab = await running(true);
    const program = await programIn(lab);
    await program.begin();
    const { id } = await lab.host.createSnapshot(VM, { name: 'one', memory: true });
    await program.run(2);
    const file = 'web-Snapshot1.vmem';
    const forged = await lab.read(file);
    forged[5000] = (forged[5000] ?? 0) ^ 1;
    await lab.overwrite(file, forged);
    expect(await faultOf(lab.host.revertToSnapshot(VM, id))).toMatchObject({ code: 'ENVELOPE_TAMPERED' });
    expect(await powerState(lab)).toBe('poweredOn');
    expect(await program.check()).toEqual(right(2));
  });
});

describe('keys and memory', () => {
  it('[S13] no key is in a page of guest memory, nor in any file of a VM that was swapped, frozen and suspended', async () => {
    const lab = await running(true);
    const program = await programIn(lab);
    await program.begin();
    await program.run(3);
    await mark(lab);
    const keys = await keysOf(lab);
    const memory = await lab.host.openMemory(VM);
    const all = new Uint8Array(memory.sizeBytes);
    await memory.read(all, 0);
    const bytes = Buffer.from(all.buffer);
    expect(bytes.includes(Buffer.from(MARKER)), 'the search finds what is there').toBe(true);
    for (const key of keys) expect(bytes.includes(Buffer.from(key.slice(0, 16)))).toBe(false);
    const kinds = new Set<string>();
    const search = async (): Promise<void> => {
      for (const path of await lab.paths(`${lab.datastore}/web`)) kinds.add(path.replace(/.*\./, ''));
      for (const key of keys) expect(await lab.filesWith(key)).toEqual([]);
      expect(await lab.filesWith(MARKER.slice(0, 16))).toEqual([]);
    };
    await lab.host.createSnapshot(VM, { name: 'with memory', memory: true });
    await lab.host.reclaimMemory(VM, 10_000);
    await search();
    await lab.host.suspendVm(VM);
    await search();
    expect([...kinds].sort()).toEqual(
      ['lck', 'log', 'nvram', 'vmdk', 'vmem', 'vmsd', 'vmsn', 'vmss', 'vmx', 'vswp'].sort(),
    );
    await lab.overwrite('planted.bin', Buffer.concat([Buffer.alloc(7), keys[3] ?? Buffer.alloc(0)]));
    expect(await lab.filesWith(keys[3] ?? MARKER), 'the search finds a key that is there').toHaveLength(1);
  });

  it('[S05] of a plain VM lie in clear what an encrypted one seals', async () => {
    const lab = await running(false);
    await mark(lab);
    await lab.host.createSnapshot(VM, { name: 'with memory', memory: true });
    await lab.host.reclaimMemory(VM, 10_000);
    const clear = async () => (await lab.filesWith(MARKER.slice(0, 16))).map((path) => path.replace(/.*\./, '')).sort();
    expect(await clear()).toEqual(['vmem', 'vswp']);
    await lab.host.suspendVm(VM);
    expect(await clear()).toEqual(['vmem', 'vmem']);
    const secret = new TextEncoder().encode(`setup password of ${VM}`);
    expect((await lab.filesWith(secret)).map((path) => path.replace(/.*\./, '')).sort()).toEqual(['nvram', 'vmsn']);
    const vmem = (await lab.paths(lab.datastore)).find((path) => /web-[0-9a-f]{8}\.vmem$/.test(path)) ?? '';
    expect((await readWhole(lab.files, vmem, 16 * MIB)).length).toBe(8 * MIB);
  });
});
