// Keys of a VM that is there: encrypted, decrypted, recrypted. Judged by the bytes of its files and by what its guest reads.
import { createHash } from 'node:crypto';
import type { CryptoSpec, VmReconfigureSpec } from '@vcryptsim/hypervisor/api';
import { sectorCount, sectorIndex, type VmName } from '@vcryptsim/ports';
import { ForwardingFileSystem, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import {
  dekIn,
  faultOf,
  grant,
  KEY,
  kek,
  Lab,
  lockedIn,
  OTHER_KEY,
  pattern,
  plainVm,
  readSectors,
  unlockByHand,
  VM,
  webVm,
} from './support/lab.js';

const SECTORS = 64;
const disks = [
  { capacity: sectorCount(SECTORS) },
  { capacity: sectorCount(SECTORS), dataUnitSizeBytes: 4096 },
] as const;
const encrypt: CryptoSpec = { type: 'Encrypt', cryptoKeyId: KEY.id };
const shallow: CryptoSpec = { type: 'ShallowRecrypt', newKeyId: OTHER_KEY.id };
const deep: CryptoSpec = { type: 'DeepRecrypt', newKeyId: OTHER_KEY.id };
const decrypt: CryptoSpec = { type: 'Decrypt' };

const dataOf = (deviceKey: number): Uint8Array => pattern(SECTORS * 512, deviceKey);

/** A VM of two disks whose guest has written all of both. */
async function writtenVm(spec = webVm({ disks }), lab?: Lab): Promise<Lab> {
  const made = lab ?? (await Lab.safe());
  await made.host.createVm(spec);
  await made.host.powerOnVm(VM);
  for (const deviceKey of [2000, 2001]) {
    const disk = await made.host.openDisk(VM, deviceKey);
    await disk.writeSectors(sectorIndex(0), dataOf(deviceKey));
    await disk.flush();
  }
  await made.host.powerOffVm(VM);
  return made;
}

async function expectGuestData(lab: Lab): Promise<void> {
  await lab.host.powerOnVm(VM);
  for (const deviceKey of [2000, 2001]) {
    expect(await readSectors(await lab.host.openDisk(VM, deviceKey), 0, SECTORS)).toEqual(dataOf(deviceKey));
  }
  await lab.host.powerOffVm(VM);
}

/** Names in the VM's folder. */
async function names(lab: Lab): Promise<string[]> {
  return (await lab.files.readdir(`${lab.datastore}/web`)).toSorted();
}

async function digestOf(lab: Lab, fileName: string): Promise<string> {
  return createHash('sha256')
    .update(await lab.read(fileName))
    .digest('hex');
}

/** A sealed NVRAM without its header, which is clear. */
const pagesOf = (encobj: Uint8Array) => encobj.subarray(4096);

/** 16-byte blocks that stand at the same place in both. */
function equalBlocks(a: Uint8Array, b: Uint8Array): number {
  let equal = 0;
  for (let at = 0; at < Math.min(a.length, b.length); at += 16) {
    if (Buffer.compare(a.subarray(at, at + 16), b.subarray(at, at + 16)) === 0) equal += 1;
  }
  return equal;
}

/** A host that has these keys and no others. */
async function rebootedWith(lab: Lab, ...keys: (typeof KEY)[]): Promise<void> {
  await lab.reboot();
  await lab.enableCrypto();
  await lab.host.addKeys(keys.map(grant));
}

describe('[S09] a shallow recrypt', () => {
  it('seals the same DEKs under the new KEK, and touches no byte of data', async () => {
    const lab = await writtenVm();
    const before = await Promise.all(
      ['web-flat.vmdk', 'web_1-flat.vmdk', 'web.nvram'].map((name) => digestOf(lab, name)),
    );
    const sealed = async (name: string) => lockedIn(await lab.readText(name));
    const deks = await Promise.all(
      ['web.vmx', 'web.vmdk', 'web_1.vmdk'].map(async (name) =>
        dekIn(unlockByHand(await sealed(name), KEY.bytes) ?? ''),
      ),
    );
    const info = await lab.host.reconfigureVm(VM, { crypto: shallow });
    expect([info.keyId, ...info.disks.map(({ keyId }) => keyId)]).toEqual([OTHER_KEY.id, OTHER_KEY.id, OTHER_KEY.id]);
    expect(
      await Promise.all(['web-flat.vmdk', 'web_1-flat.vmdk', 'web.nvram'].map((name) => digestOf(lab, name))),
    ).toEqual(before);
    for (const [index, name] of ['web.vmx', 'web.vmdk', 'web_1.vmdk'].entries()) {
      expect(unlockByHand(await sealed(name), KEY.bytes), `${name} opens with the old key`).toBeNull();
      expect(dekIn(unlockByHand(await sealed(name), OTHER_KEY.bytes) ?? '')).toEqual(deks[index]);
      expect((await lab.readText(name)).includes(KEY.id.keyId), `${name} names the old key`).toBe(false);
    }
    await rebootedWith(lab, OTHER_KEY);
    await expectGuestData(lab);
  });

  it('leaves the VM locked to a host that has the old key only', async () => {
    const lab = await writtenVm();
    await lab.host.reconfigureVm(VM, { crypto: shallow });
    await rebootedWith(lab, KEY);
    expect(await lab.host.vm(VM)).toMatchObject({ cryptoState: 'locked', missingKeys: [OTHER_KEY.id] });
  });

  it('is done while the VM runs, whose guest writes on', async () => {
    const lab = await writtenVm();
    await lab.host.powerOnVm(VM);
    const disk = await lab.host.openDisk(VM, 2000);
    await lab.host.reconfigureVm(VM, { crypto: shallow });
    await disk.writeSectors(sectorIndex(3), pattern(512, 99));
    expect(await readSectors(disk, 3, 1)).toEqual(pattern(512, 99));
    await lab.host.powerOffVm(VM);
    await rebootedWith(lab, OTHER_KEY);
    await lab.host.powerOnVm(VM);
    expect(await readSectors(await lab.host.openDisk(VM, 2000), 3, 1)).toEqual(pattern(512, 99));
  });

  it('of one disk alone leaves the others and the VM home their key', async () => {
    const lab = await writtenVm();
    const info = await lab.host.reconfigureVm(VM, { disks: [{ deviceKey: 2001, crypto: shallow }] });
    expect([info.keyId, ...info.disks.map(({ keyId }) => keyId)]).toEqual([KEY.id, KEY.id, OTHER_KEY.id]);
    await rebootedWith(lab, KEY);
    expect((await faultOf(lab.host.powerOnVm(VM))).code).toBe('DISK_KEY_MISSING');
    await lab.host.addKeys([grant(OTHER_KEY)]);
    await expectGuestData(lab);
  });

  it('to the key that it has already seals anew and changes nothing else', async () => {
    const lab = await writtenVm();
    await lab.host.reconfigureVm(VM, { crypto: { type: 'ShallowRecrypt', newKeyId: KEY.id } });
    await expectGuestData(lab);
  });

  it('passes over a plain disk of the VM', async () => {
    const [first, second] = disks;
    const lab = await writtenVm(webVm({ disks: [first, { ...second, crypto: { type: 'NoOp' } }] }));
    const info = await lab.host.reconfigureVm(VM, { crypto: shallow });
    expect(info.disks.map(({ keyId }) => keyId)).toEqual([OTHER_KEY.id, null]);
    await expectGuestData(lab);
  });
});

describe('[S09] a deep recrypt', () => {
  it('changes every block of ciphertext and no byte of plaintext', async () => {
    const lab = await writtenVm();
    const before = [
      await lab.read('web-flat.vmdk'),
      await lab.read('web_1-flat.vmdk'),
      pagesOf(await lab.read('web.nvram')),
    ];
    const info = await lab.host.reconfigureVm(VM, { crypto: deep });
    expect(info.disks.map(({ fileName }) => fileName)).toEqual(['[ds1] web/web_2.vmdk', '[ds1] web/web_3.vmdk']);
    expect(await names(lab)).toEqual([
      ...['vmware.log', 'web.vmsd', 'web.vmx', 'web_1.nvram'],
      ...['web_2-flat.vmdk', 'web_2.vmdk', 'web_3-flat.vmdk', 'web_3.vmdk'],
    ]);
    const after = [
      await lab.read('web_2-flat.vmdk'),
      await lab.read('web_3-flat.vmdk'),
      pagesOf(await lab.read('web_1.nvram')),
    ];
    for (const [index, bytes] of before.entries()) expect(equalBlocks(bytes, after[index] ?? bytes)).toBe(0);
    await rebootedWith(lab, OTHER_KEY);
    await expectGuestData(lab);
  });

  it('can be done again and again', async () => {
    const lab = await writtenVm();
    for (const { id } of [OTHER_KEY, KEY, OTHER_KEY]) {
      await lab.host.reconfigureVm(VM, { crypto: { type: 'DeepRecrypt', newKeyId: id } });
      await expectGuestData(lab);
    }
    expect(await names(lab)).toHaveLength(8);
  });

  it('makes an older descriptor one of another generation, which is refused', async () => {
    const lab = await writtenVm(webVm({ disks }));
    const old = [await lab.read('web.vmdk'), await lab.read('web-flat.vmdk')] as const;
    await lab.host.reconfigureVm(VM, { crypto: { ...deep, newKeyId: KEY.id } });
    await lab.edit('web.vmx', 'web_2.vmdk', 'web.vmdk');
    await lab.overwrite('web.vmdk', old[0]);
    await lab.overwrite('web-flat.vmdk', old[1]);
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'DESCRIPTOR_MISMATCH', field: 'generation' });
  });
});

describe('what a bundle that is put back meets', () => {
  it('of a life before the disk was decrypted is refused, though its generation is the same', async () => {
    const lab = await writtenVm(plainVm({ disks }));
    await lab.host.reconfigureVm(VM, { crypto: encrypt });
    const { disks: first } = await lab.host.vm(VM);
    const old = (first[0]?.fileName ?? '').replace('[ds1] web/', '');
    const kept = [await lab.read(old), await lab.read(old.replace('.vmdk', '-flat.vmdk'))] as const;
    await lab.host.reconfigureVm(VM, { crypto: decrypt });
    await lab.host.reconfigureVm(VM, { crypto: encrypt });
    const { disks: now } = await lab.host.vm(VM);
    expect(now[0]?.fileName, 'the name that it had then').toBe(`[ds1] web/${old}`);
    await lab.overwrite(old, kept[0]);
    await lab.overwrite(old.replace('.vmdk', '-flat.vmdk'), kept[1]);
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({
      code: 'DESCRIPTOR_MISMATCH',
      field: 'key check value',
    });
  });

  it('beside the right one goes only where the key of the right one is in the cache', async () => {
    const lab = await writtenVm();
    const pairOf = (text: string): string => /pair\/\(.*?,[A-Za-z0-9%]+\)(?=\))/.exec(text)?.[0] ?? 'no pair';
    const old = pairOf(await lab.readText('web_1.vmdk'));
    await lab.host.reconfigureVm(VM, { disks: [{ deviceKey: 2001, crypto: shallow }] });
    const right = pairOf(await lab.readText('web_1.vmdk'));
    await lab.edit('web_1.vmdk', right, `${old},${right}`);
    await rebootedWith(lab, KEY);
    const refusal = await lab.host.powerOnVm(VM).then(
      () => null,
      (error: Error) => error.message,
    );
    expect(refusal, 'the old pair opens').toBeNull();
    await lab.host.powerOffVm(VM);
    expect(await lab.readText('web_1.vmdk')).toContain(old);
    await lab.host.addKeys([grant(OTHER_KEY)]);
    await expectGuestData(lab);
    expect(await lab.readText('web_1.vmdk')).not.toContain(old);
    expect(await lab.readText('web_1.vmdk')).toContain(right);
  });
});

describe('[S31] an existing VM', () => {
  it('is encrypted: home and disks, every block of them ciphertext', async () => {
    const lab = await writtenVm(plainVm({ disks }));
    const before = await lab.read('web-flat.vmdk');
    expect(before).toEqual(dataOf(2000));
    const info = await lab.host.reconfigureVm(VM, { crypto: encrypt });
    expect([info.keyId, ...info.disks.map(({ keyId }) => keyId)]).toEqual([KEY.id, KEY.id, KEY.id]);
    expect(equalBlocks(before, await lab.read('web_2-flat.vmdk'))).toBe(0);
    expect(await lab.filesWith(dataOf(2000).subarray(1000, 1032), lab.datastore)).toEqual([]);
    expect(await lab.readText('web_2.vmdk')).toMatch(/^keyID=[0-9a-f]{8}$/m);
    await rebootedWith(lab);
    expect((await lab.host.vm(VM)).cryptoState).toBe('locked');
    await lab.host.addKeys([grant(KEY)]);
    await expectGuestData(lab);
  });

  it('is decrypted again: the data is what it was, and nothing names a key', async () => {
    const lab = await writtenVm(plainVm({ disks }));
    await lab.host.reconfigureVm(VM, { crypto: encrypt });
    const info = await lab.host.reconfigureVm(VM, { crypto: decrypt });
    expect([info.keyId, ...info.disks.map(({ keyId }) => keyId)]).toEqual([null, null, null]);
    const extents = await Promise.all(
      info.disks.map(({ fileName }) => lab.read(fileName.replace('[ds1] ', '').replace('.vmdk', '-flat.vmdk'))),
    );
    expect(extents).toEqual([dataOf(2000), dataOf(2001)]);
    for (const name of await names(lab)) {
      if (/vmx$|[0-9]\.vmdk$/.test(name)) expect(await lab.readText(name)).not.toMatch(/encrypt|keyID|vmcrypt/i);
    }
    await rebootedWith(lab);
    await expectGuestData(lab);
  });

  it('has its files and its disks encrypted apart, and never a disk without its files', async () => {
    const lab = await writtenVm(plainVm({ disks }));
    const own = (crypto: CryptoSpec): VmReconfigureSpec => ({ disks: [{ deviceKey: 2001, crypto }] });
    expect((await faultOf(lab.host.reconfigureVm(VM, own(encrypt)))).code).toBe('ENCRYPTED_DISK_ON_PLAIN_VM');
    const noDisk = [2000, 2001].map((deviceKey) => ({ deviceKey, crypto: { type: 'NoOp' } as const }));
    await lab.host.reconfigureVm(VM, { crypto: encrypt, disks: noDisk });
    expect(await lab.read('web-flat.vmdk')).toEqual(dataOf(2000));
    await lab.host.reconfigureVm(VM, own(encrypt));
    const info = await lab.host.vm(VM);
    expect(info.disks.map(({ keyId }) => keyId)).toEqual([null, KEY.id]);
    expect((await faultOf(lab.host.reconfigureVm(VM, { crypto: decrypt, disks: noDisk }))).code).toBe(
      'ENCRYPTED_DISK_ON_PLAIN_VM',
    );
    await lab.host.reconfigureVm(VM, own(decrypt));
    await lab.host.reconfigureVm(VM, { crypto: decrypt });
    await expectGuestData(lab);
  });

  it('keeps what somebody wrote into its VMX and descriptors', async () => {
    const lab = await writtenVm(plainVm({ disks }));
    await lab.overwrite('web.vmx', `# mine\r\n${await lab.readText('web.vmx')}guestinfo.note = "kept"\r\n`);
    await lab.edit('web.vmdk', '# Extent description', '# my disk');
    await lab.edit('web.vmdk', /$/, 'ddb.comment = "kept"\n');
    for (const crypto of [encrypt, shallow, deep, decrypt]) await lab.host.reconfigureVm(VM, { crypto });
    const { disks: now } = await lab.host.vm(VM);
    const descriptor = await lab.readText((now[0]?.fileName ?? '').replace('[ds1] ', ''));
    expect(descriptor).toContain('# my disk\n');
    expect(descriptor).toContain('ddb.comment = "kept"\n');
    expect(await lab.readText('web.vmx')).toMatch(/^# mine\r\n(.|\n)*guestinfo\.note = "kept"\r\n/);
    await expectGuestData(lab);
  });
});

describe('what is refused leaves every file as it was', () => {
  const refused: [string, () => Promise<Lab>, VmReconfigureSpec, object][] = [
    ['a recrypt of a plain VM', () => writtenVm(plainVm({ disks })), { crypto: shallow }, { code: 'VM_NOT_ENCRYPTED' }],
    ['a deep one', () => writtenVm(plainVm({ disks })), { crypto: deep }, { code: 'VM_NOT_ENCRYPTED' }],
    ['a decryption', () => writtenVm(plainVm({ disks })), { crypto: decrypt }, { code: 'VM_NOT_ENCRYPTED' }],
    ['to encrypt twice', () => writtenVm(), { crypto: encrypt }, { code: 'VM_ENCRYPTED' }],
    [
      'to encrypt a disk twice',
      () => writtenVm(),
      { disks: [{ deviceKey: 2001, crypto: encrypt }] },
      { code: 'DISK_ENCRYPTED', disk: '[ds1] web/web_1.vmdk' },
    ],
    [
      'to recrypt a plain disk',
      () => writtenVm(plainVm({ disks })),
      { disks: [{ deviceKey: 2001, crypto: shallow }] },
      { code: 'DISK_NOT_ENCRYPTED', disk: '[ds1] web/web_1.vmdk' },
    ],
    [
      'a disk that is not there',
      () => writtenVm(),
      { disks: [{ deviceKey: 2005, crypto: shallow }] },
      { code: 'DISK_NOT_FOUND' },
    ],
    [
      'a key that the host does not have',
      () => writtenVm(),
      { crypto: { type: 'ShallowRecrypt', newKeyId: kek('never-sent').id } },
      { code: 'KEY_NOT_IN_CACHE', requiredKeys: [kek('never-sent').id] },
    ],
    [
      'to register another key than its own',
      () => writtenVm(),
      { crypto: { type: 'Register', cryptoKeyId: OTHER_KEY.id } },
      { code: 'INVALID_ARGUMENT' },
    ],
  ];
  it.each(refused)('%s', async (_name, make, spec, fault) => {
    const lab = await make();
    const before = await lab.digest();
    expect(await faultOf(lab.host.reconfigureVm(VM, spec))).toMatchObject(fault);
    expect(await lab.digest()).toBe(before);
  });

  it.each([
    ['encrypt', plainVm({ disks }), encrypt],
    ['decrypt', webVm({ disks }), decrypt],
    ['deep recrypt', webVm({ disks }), deep],
  ])('%s of a VM that runs', async (_name, spec, crypto) => {
    const lab = await writtenVm(spec);
    await lab.host.powerOnVm(VM);
    const before = await lab.digest();
    expect(await faultOf(lab.host.reconfigureVm(VM, { crypto }))).toEqual({
      code: 'INVALID_POWER_STATE',
      existing: 'poweredOn',
    });
    expect(await lab.digest()).toBe(before);
  });

  it('a locked VM, and one whose disk key is missing', async () => {
    const lab = await writtenVm();
    await rebootedWith(lab, OTHER_KEY);
    const before = await lab.digest();
    expect((await faultOf(lab.host.reconfigureVm(VM, { crypto: shallow }))).code).toBe('VM_LOCKED');
    expect(await lab.digest()).toBe(before);
  });

  it('and a register of its own key changes nothing', async () => {
    const lab = await writtenVm();
    const before = await lab.digest();
    await lab.host.reconfigureVm(VM, { crypto: { type: 'Register', cryptoKeyId: KEY.id } });
    await lab.host.reconfigureVm(VM, {});
    expect(await lab.digest()).toBe(before);
  });
});

describe('a change that is canceled or fails', () => {
  it('for want of room is refused before anything is written', async () => {
    class FullFiles extends ForwardingFileSystem {
      override statfs = async () => ({ freeBytes: 2 * SECTORS * 512 });
    }
    const memory = new MemoryFileSystem();
    const lab = await writtenVm(webVm({ disks }), await Lab.safe({ files: memory }));
    await lab.host.shutDown();
    const full = await Lab.safe({ files: new FullFiles(memory) });
    const before = await full.digest();
    expect((await faultOf(full.host.reconfigureVm(VM, { crypto: deep }))).code).toBe('NO_SPACE');
    expect(await full.digest()).toBe(before);
  });

  it('is undone: the folder has the bytes that it had', async () => {
    const lab = await writtenVm();
    const before = await lab.digest(lab.datastore);
    const canceled = new AbortController();
    const onProgress = (): void => canceled.abort();
    const fault = await faultOf(lab.host.reconfigureVm(VM, { crypto: deep }, { signal: canceled.signal, onProgress }));
    expect(fault.code).toBe('CANCELED');
    expect(await lab.digest(lab.datastore)).toBe(before);
    await expectGuestData(lab);
  });

  it('tells how far it is, in bytes of all disks', async () => {
    const lab = await writtenVm();
    const seen: [number, number][] = [];
    await lab.host.reconfigureVm(VM, { crypto: deep }, { onProgress: (done, total) => seen.push([done, total]) });
    expect(seen.at(-1)).toEqual([2 * SECTORS * 512, 2 * SECTORS * 512]);
    expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).toSorted((a, b) => a - b));
  });
});

describe('what lies in the folder already', () => {
  it('is neither written over nor removed', async () => {
    const lab = await writtenVm(webVm({ name: 'web' as VmName, disks }));
    await lab.overwrite('web_2.vmdk', 'somebody put this here');
    await lab.overwrite('WEB_3-flat.vmdk', 'and this');
    const info = await lab.host.reconfigureVm(VM, { crypto: deep });
    expect(info.disks.map(({ fileName }) => fileName)).toEqual(['[ds1] web/web_4.vmdk', '[ds1] web/web_5.vmdk']);
    expect(await lab.readText('web_2.vmdk')).toBe('somebody put this here');
    expect(await lab.readText('WEB_3-flat.vmdk')).toBe('and this');
  });
});
