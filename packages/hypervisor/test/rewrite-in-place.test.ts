// Data that is written anew where it lies, through a journal: cut at any operation, canceled, resumed, forged.
import { Dek, Kek, nativeEngine } from '@vcryptsim/crypto-core';
import type { CryptoSpec } from '@vcryptsim/hypervisor/api';
import { sectorCount, sectorIndex } from '@vcryptsim/ports';
import { CrashLog, crashStates, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { VmFolder } from '../src/datastore/vm-folder.js';
import { ExtentFile } from '../src/disk/extent-file.js';
import { rewriteInPlace } from '../src/disk/rewrite-in-place.js';
import { type JournalBinding, RewriteJournal } from '../src/disk/rewrite-journal.js';
import { turnWindow } from '../src/disk/turn-window.js';
import type { DiskKey } from '../src/disk/vmcrypt-filter.js';
import { FailingFiles } from './support/failing-files.js';
import { faultOf, grant, KEY, Lab, OTHER_KEY, pattern, plainVm, readSectors, VM, webVm } from './support/lab.js';

const engine = nativeEngine();
const WINDOW = 4096;
/** Three windows and a part of one. */
const SIZE = 3 * WINDOW + 1024;
const EXTENT = 'web-flat.vmdk';
const JOURNAL = 'web-flat.vmdk.journal';

function keyOf(salt: number): DiskKey {
  const draw = (lengthBytes: number) => pattern(lengthBytes, salt);
  const kek = Kek.take(new Uint8Array(32).fill(salt));
  return { dek: Dek.make({ engine, draw, kek, binding: {}, iv: new Uint8Array(16) }).dek, dataUnitSizeBytes: 512 };
}

const [A, B] = [keyOf(1), keyOf(2)];
const SIDES: readonly [string, DiskKey | null, DiskKey | null][] = [
  ['a recrypt', A, B],
  ['an encryption', null, B],
  ['a decryption', A, null],
];

/** The disk's bytes under a key. */
function under(key: DiskKey | null): Uint8Array {
  const bytes = pattern(SIZE, 7);
  turnWindow(bytes, 0, null, key);
  return bytes;
}

const folderOn = (files: MemoryFileSystem | CrashLog['files']): VmFolder => new VmFolder(files, 'ds1', 'web', '/web');

function bindingOf(oldKey: DiskKey | null, newKey: DiskKey | null): JournalBinding {
  const [first, ...more] = [oldKey, newKey].flatMap((key) => (key === null ? [] : [key.dek]));
  if (first === undefined) throw new Error('one side has a key');
  return { context: 'a disk', windowSizeBytes: WINDOW, deks: [first, ...more] };
}

async function begun(oldKey: DiskKey | null, newKey: DiskKey | null): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem();
  await files.mkdir('/web');
  const folder = folderOn(files);
  await folder.writeNew(EXTENT, under(oldKey));
  await RewriteJournal.create(folder, JOURNAL, bindingOf(oldKey, newKey));
  await folder.fsync();
  return files;
}

/** Goes on from what the files say. */
async function goOn(
  folder: VmFolder,
  oldKey: DiskKey | null,
  newKey: DiskKey | null,
  control: { signal?: AbortSignal; onProgress?: (bytes: number) => void } = {},
): Promise<'done' | 'undone'> {
  const journal = await RewriteJournal.open(folder, JOURNAL, bindingOf(oldKey, newKey));
  const extent = new ExtentFile(await folder.openFile(EXTENT, 'write'), EXTENT);
  try {
    return await rewriteInPlace({ extent, sizeBytes: SIZE, oldKey, newKey, journal, engine }, control);
  } finally {
    await extent.close();
    await journal.close();
  }
}

const extentOf = (folder: VmFolder): Promise<Uint8Array> => folder.readBytes(EXTENT, SIZE);

describe.each(SIDES)('%s in place', (_name, oldKey, newKey) => {
  it('turns every window over', async () => {
    const folder = folderOn(await begun(oldKey, newKey));
    expect(await goOn(folder, oldKey, newKey)).toBe('done');
    expect(await extentOf(folder)).toEqual(under(newKey));
    expect(await goOn(folder, oldKey, newKey), 'resumed after its end').toBe('done');
    expect(await extentOf(folder)).toEqual(under(newKey));
  });

  it.each([1, 2, 3, 4])('canceled after window %i, it goes back', async (windows) => {
    const folder = folderOn(await begun(oldKey, newKey));
    const cancel = new AbortController();
    let seen = 0;
    const onProgress = (): void => {
      seen += 1;
      if (seen === windows) cancel.abort();
    };
    expect(await goOn(folder, oldKey, newKey, { signal: cancel.signal, onProgress })).toBe('undone');
    expect(await extentOf(folder)).toEqual(under(oldKey));
  });

  it.each([['forward'], ['back']])('cut at any operation on its way %s, it is ended', async (way) => {
    const log = new CrashLog(await begun(oldKey, newKey));
    const cancel = new AbortController();
    const onProgress = (bytes: number): void => {
      if (way === 'back' && bytes === 3 * WINDOW) cancel.abort();
    };
    await goOn(folderOn(log.files), oldKey, newKey, { signal: cancel.signal, onProgress });
    const ends = new Set<string>();
    for (const { files, name } of crashStates(log, { sample: 200 })) {
      const folder = folderOn(files);
      const end = await goOn(folder, oldKey, newKey).catch((error: Error) => error.message);
      expect(['done', 'undone'], name).toContain(end);
      const wanted = under(end === 'done' ? newKey : oldKey);
      expect(Buffer.compare(await extentOf(folder), wanted), name).toBe(0);
      ends.add(end);
    }
    expect([...ends].toSorted()).toEqual(way === 'back' ? ['done', 'undone'] : ['done']);
  });

  it('cut once more while it is resumed, it is ended all the same', async () => {
    const log = new CrashLog(await begun(oldKey, newKey));
    await goOn(folderOn(log.files), oldKey, newKey);
    for (const first of crashStates(log, { sample: 8 })) {
      const again = new CrashLog(first.files);
      await goOn(folderOn(again.files), oldKey, newKey);
      for (const { files, name } of crashStates(again, { sample: 25 })) {
        expect(await goOn(folderOn(files), oldKey, newKey), `${first.name}, then ${name}`).toBe('done');
        expect(Buffer.compare(await extentOf(folderOn(files)), under(newKey)), `${first.name}, then ${name}`).toBe(0);
      }
    }
  });

  it('writes nothing plain into its journal', async () => {
    const files = await begun(oldKey, newKey);
    const log = new CrashLog(files);
    await goOn(folderOn(log.files), oldKey, newKey);
    const plain = Buffer.from(pattern(SIZE, 7));
    for (const { files: cut, name } of crashStates(log, { sample: 60 })) {
      const journal = Buffer.from(await folderOn(cut).readBytes(JOURNAL, 2 ** 20));
      for (let at = 0; at < SIZE; at += 512) {
        expect(journal.includes(plain.subarray(at, at + 32)), `${name}: sector ${at / 512}`).toBe(false);
      }
    }
  });
});

describe('a journal', () => {
  it('of which no record is whole is refused, and nothing is written', async () => {
    const files = await begun(A, B);
    const folder = folderOn(files);
    const before = await extentOf(folder);
    const journal = await folder.readBytes(JOURNAL, 2 ** 20);
    for (let at = 0; at < 93; at += 1) {
      for (const slot of [0, 4096]) journal[slot + at]! ^= 0x40;
      await folder.replace(JOURNAL, journal);
      expect((await faultOf(goOn(folder, A, B))).code, `byte ${at}`).toBe('RECORD_TAMPERED');
      for (const slot of [0, 4096]) journal[slot + at]! ^= 0x40;
    }
    expect(await extentOf(folder)).toEqual(before);
  });

  it.each([
    ['of other keys', bindingOf(B, keyOf(3))],
    ['of one of the two keys alone', bindingOf(A, null)],
    ['of another disk', { ...bindingOf(A, B), context: 'another disk' }],
  ])('%s is refused: nobody without both keys makes one', async (_name, forged) => {
    const files = await begun(A, B);
    const folder = folderOn(files);
    await folder.remove(JOURNAL);
    await RewriteJournal.create(folder, JOURNAL, forged);
    expect((await faultOf(goOn(folder, A, B))).code).toBe('RECORD_TAMPERED');
    expect(await extentOf(folder)).toEqual(under(A));
  });

  it('whose pending window was changed is refused', async () => {
    const log = new CrashLog(await begun(A, B));
    await goOn(folderOn(log.files), A, B);
    let refused = 0;
    for (const { files } of crashStates(log, { sample: 40 })) {
      const folder = folderOn(files);
      const journal = await folder.readBytes(JOURNAL, 2 ** 20);
      for (const at of [2 * 4096, 2 * 4096 + WINDOW]) journal[at + 5]! ^= 1;
      await folder.replace(JOURNAL, journal);
      const before = await extentOf(folder);
      const end = await goOn(folder, A, B).catch((error: { code?: string }) => error.code);
      if (end === 'done') continue;
      expect(end).toBe('RECORD_TAMPERED');
      expect(await extentOf(folder)).toEqual(before);
      refused += 1;
    }
    expect(refused).toBeGreaterThan(10);
  });
});

describe('a VM whose disks are written anew in place', () => {
  const SECTORS = 64;
  const disks = [
    { capacity: sectorCount(SECTORS) },
    { capacity: sectorCount(SECTORS), dataUnitSizeBytes: 4096 },
  ] as const;
  const deep: CryptoSpec = { type: 'DeepRecrypt', newKeyId: OTHER_KEY.id };

  async function written(spec = webVm({ disks })): Promise<Lab> {
    const lab = await Lab.safe();
    await lab.host.createVm(spec);
    await lab.host.powerOnVm(VM);
    for (const deviceKey of [2000, 2001]) {
      const disk = await lab.host.openDisk(VM, deviceKey);
      await disk.writeSectors(sectorIndex(0), pattern(SECTORS * 512, deviceKey));
      await disk.flush();
    }
    await lab.host.powerOffVm(VM);
    return lab;
  }

  async function expectData(lab: Lab): Promise<void> {
    await lab.host.powerOnVm(VM);
    for (const deviceKey of [2000, 2001]) {
      const read = await readSectors(await lab.host.openDisk(VM, deviceKey), 0, SECTORS);
      expect(read).toEqual(pattern(SECTORS * 512, deviceKey));
    }
    await lab.host.powerOffVm(VM);
  }

  it('keeps its extents, and has no journal left', async () => {
    const lab = await written();
    const before = await lab.read('web-flat.vmdk');
    const info = await lab.host.reconfigureVm(VM, { crypto: deep, rewrite: 'inPlace' });
    expect([info.keyId, ...info.disks.map(({ keyId }) => keyId)]).toEqual([OTHER_KEY.id, OTHER_KEY.id, OTHER_KEY.id]);
    const after = await lab.read('web-flat.vmdk');
    for (let at = 0; at < before.length; at += 16) {
      expect(Buffer.compare(before.subarray(at, at + 16), after.subarray(at, at + 16))).not.toBe(0);
    }
    const kinds = (await lab.files.readdir(`${lab.datastore}/web`)).map((name) => name.replace(/^web(_[0-9]+)?/, ''));
    expect(kinds.toSorted()).toEqual([
      '-flat.vmdk',
      '-flat.vmdk',
      '.nvram',
      '.vmdk',
      '.vmdk',
      '.vmsd',
      '.vmx',
      'vmware.log',
    ]);
    await lab.reboot();
    await lab.enableCrypto();
    await lab.host.addKeys([grant(OTHER_KEY)]);
    await expectData(lab);
  });

  it('goes from plain to encrypted and back, with data that is what it was', async () => {
    const lab = await written(plainVm({ disks }));
    await lab.host.reconfigureVm(VM, { crypto: { type: 'Encrypt', cryptoKeyId: KEY.id }, rewrite: 'inPlace' });
    expect(await lab.filesWith(pattern(SECTORS * 512, 2000).subarray(512, 544), lab.datastore)).toEqual([]);
    await expectData(lab);
    const info = await lab.host.reconfigureVm(VM, { crypto: { type: 'Decrypt' }, rewrite: 'inPlace' });
    expect([info.keyId, ...info.disks.map(({ keyId }) => keyId)]).toEqual([null, null, null]);
    expect(await lab.read('web-flat.vmdk')).toEqual(pattern(SECTORS * 512, 2000));
    await expectData(lab);
  });

  it.each([
    ['a recrypt', webVm({ disks }), deep],
    ['an encryption', plainVm({ disks }), { type: 'Encrypt', cryptoKeyId: KEY.id } as const],
    ['a decryption', webVm({ disks }), { type: 'Decrypt' } as const],
  ])('is what it was when %s is canceled', async (_name, spec, crypto) => {
    const lab = await written(spec);
    const before = await lab.host.vm(VM);
    const extents = [await lab.read('web-flat.vmdk'), await lab.read('web_1-flat.vmdk')];
    const cancel = new AbortController();
    const control = { signal: cancel.signal, onProgress: () => cancel.abort() };
    const fault = await faultOf(lab.host.reconfigureVm(VM, { crypto, rewrite: 'inPlace' }, control));
    expect(fault.code).toBe('CANCELED');
    const after = await lab.host.vm(VM);
    expect([after.keyId, ...after.disks.map(({ keyId }) => keyId)]).toEqual([
      before.keyId,
      ...before.disks.map(({ keyId }) => keyId),
    ]);
    expect([await lab.read('web-flat.vmdk'), await lab.read('web_1-flat.vmdk')]).toEqual(extents);
    await expectData(lab);
  });

  it('is told as a whole: each disk with the keys that it needs, and no disk opened in between', async () => {
    const memory = new MemoryFileSystem();
    const lab = await Lab.safe({ files: memory });
    await lab.host.createVm(webVm({ disks }));
    const log = new CrashLog(memory);
    const crashing = await Lab.safe({ files: log.files });
    const from = log.operations.length + 1;
    await crashing.host.reconfigureVm(VM, { crypto: deep, rewrite: 'inPlace' });
    let between = 0;
    for (const { files } of crashStates(log, { from, sample: 80 })) {
      const cut = await Lab.boot({ files });
      await cut.enableCrypto();
      await cut.host.addKeys([grant(KEY)]);
      const info = await cut.host.vm(VM);
      const isBetween = (await cut.files.readdir(`${cut.datastore}/web`)).some((name) => name.endsWith('.journal'));
      if (!isBetween || info.keyId?.keyId !== KEY.id.keyId || info.missingKeys.length === 0) continue;
      expect(info.missingKeys).toEqual([OTHER_KEY.id]);
      expect((await faultOf(cut.host.powerOnVm(VM))).code).toBe('DISK_KEY_MISSING');
      const target = { folder: '/lab', name: 'copy' };
      expect(await faultOf(cut.host.exportDisk(VM, 2000, target))).toMatchObject({ state: 'rewriting' });
      between += 1;
    }
    expect(between).toBeGreaterThan(5);
  });

  it('is not gone on with in a boot in which a record may be read and not be durable', async () => {
    const failing = new FailingFiles((await written()).files);
    const lab = await Lab.safe({ files: failing });
    // Of the first disk: the room of its journal, its window, then its record.
    let fsyncs = 0;
    failing.failsWhen = (operation, path) =>
      operation === 'fsync' && path.endsWith('web-flat.vmdk.journal') && ++fsyncs === 3;
    await faultOf(lab.host.reconfigureVm(VM, { crypto: deep, rewrite: 'inPlace' }));
    failing.disarm();
    const digest = await lab.digest(lab.datastore);
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'INVALID_STATE', state: 'unsettled' });
    expect(await lab.digest(lab.datastore)).toBe(digest);
    await lab.reboot();
    await lab.enableCrypto();
    await lab.host.addKeys([grant(KEY), grant(OTHER_KEY)]);
    await expectData(lab);
    expect((await lab.host.vm(VM)).keyId).toEqual(OTHER_KEY.id);
  });

  it('[CVE-2021-4122] cannot be sent to decrypt by what somebody writes into its folder', async () => {
    const lab = await written();
    const before = await lab.read('web-flat.vmdk');
    await lab.edit('web.vmdk', /$/, 'ddb.vmcrypt.journal = "web-flat.vmdk.journal"\n');
    await lab.overwrite('web-flat.vmdk.journal', new Uint8Array(2 * 4096 + 2 * 32_768));
    const digest = await lab.digest(lab.datastore);
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'DESCRIPTOR_MISMATCH' });
    expect(await lab.digest(lab.datastore)).toBe(digest);
    expect(await lab.read('web-flat.vmdk')).toEqual(before);
  });
});
