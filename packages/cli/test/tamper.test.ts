// What VM Encryption does not give, shown in bytes: docs/what-encryption-does-not-give.md and the words of `tamper` claim it.
import { createDecipheriv } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sectorIndex } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  dekIn,
  faultOf,
  grant,
  KEY,
  Lab,
  lockedIn,
  OTHER_KEY,
  pattern,
  plainVm,
  readSectors,
  unlockByHand,
  VM,
  webVm,
} from '../../hypervisor/test/support/lab.js';
import { program } from '../src/verbs/program.js';

const SECTORS = 8;
const DATA = pattern(SECTORS * 512);
const NEWER = pattern(SECTORS * 512, 2);
const SEEN_FILES = ['web.vmx', 'web.vmdk', 'web-flat.vmdk', 'web.nvram'];
let root: string;
let lab: Lab;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'vcryptsim-tamper-'));
  lab = await Lab.safe({ files: new OsFileSystem(), root });
});
afterEach(() => rmSync(root, { recursive: true }));

/** Runs `vcryptsim tamper WORDS` here; answers what it prints. */
async function tamper(...words: string[]): Promise<string> {
  let printed = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    await (await program(['tamper'])).parseAsync(['tamper', ...words], { from: 'user' });
  } finally {
    spy.mockRestore();
  }
  return printed;
}

async function tamperJson(...words: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await tamper(...words, '--json')) as Record<string, unknown>;
}

/** The VM, with what its guest wrote; powered off. */
async function make(spec = webVm()): Promise<void> {
  await lab.host.createVm(spec);
  await write(DATA);
}

async function write(bytes: Uint8Array): Promise<void> {
  await lab.host.powerOnVm(VM);
  const disk = await lab.host.openDisk(VM, 2000);
  await disk.writeSectors(sectorIndex(0), bytes);
  await disk.flush();
  await lab.host.powerOffVm(VM);
}

async function seen(): Promise<Uint8Array> {
  await lab.host.powerOnVm(VM);
  try {
    return await readSectors(await lab.host.openDisk(VM, 2000), 0, SECTORS);
  } finally {
    await lab.host.powerOffVm(VM);
  }
}

/** Where two texts of one length differ: the first and the last byte, null where they do not. */
function differs(a: Uint8Array, b: Uint8Array): readonly [first: number, last: number] | null {
  const places = [...a.keys()].filter((at) => a[at] !== b[at]);
  return places.length === 0 ? null : [places[0] ?? 0, places.at(-1) ?? 0];
}

/** Copies the VM's files aside, as a backup does. */
function copyAside(): Record<string, string> {
  return Object.fromEntries(
    SEEN_FILES.map((name) => {
      const copy = join(root, `older-${name}`);
      copyFileSync(lab.path(name), copy);
      return [name, copy];
    }),
  );
}

const flat = (): string => lab.path('web-flat.vmdk');
/** How many blocks of 16 bytes have none of their bytes left: noise, in all likelihood. */
const isNoise = (bytes: Uint8Array, was: Uint8Array): boolean =>
  [...bytes.keys()].filter((at) => bytes[at] === was[at]).length < bytes.length / 16;

describe('an encrypted disk has no integrity', () => {
  it('one flipped bit is 16 bytes of noise, and nothing notices', async () => {
    await make();
    const report = await tamperJson('flip', flat(), '--offset', '0x64', '--bit', '3', '--write');
    expect(report).toMatchObject({ version: 1, action: 'flip', kind: 'encrypted extent', written: true });
    const [change] = report.changes as { offsetBytes: number; before: string; after: string }[];
    expect(change?.offsetBytes).toBe(96);
    expect(Number.parseInt(change?.before.slice(8, 10) ?? '', 16) ^ 8).toBe(
      Number.parseInt(change?.after.slice(8, 10) ?? '', 16),
    );
    const read = await seen();
    expect(isNoise(read.subarray(96, 112), DATA.subarray(96, 112))).toBe(true);
    read.set(DATA.subarray(96, 112), 96);
    expect(differs(read, DATA), 'every other byte is what it was').toBeNull();
    await tamper('flip', flat(), '--offset', '100', '--bit', '3', '--write');
    expect(differs(await seen(), DATA), 'the same command again puts it back').toBeNull();
  });

  it.each([16, 512])('pieces of %i bytes that change places are noise, both', async (size) => {
    await make();
    await tamper('swap', flat(), '--offset', '1024', '--with', '2048', '--size', String(size), '--write');
    const read = await seen();
    for (const at of [1024, 2048]) {
      expect(isNoise(read.subarray(at, at + size), DATA.subarray(at, at + size))).toBe(true);
      expect(isNoise(read.subarray(at, at + size), DATA.subarray(3072 - at, 3072 - at + size))).toBe(true);
      read.set(DATA.subarray(at, at + size), at);
    }
    expect(differs(read, DATA)).toBeNull();
  });
});

describe('an encrypted disk has no protection against replay', () => {
  it('16 older bytes at their place are the older data, among the newer', async () => {
    await make();
    const older = copyAside();
    await write(NEWER);
    await tamper('replay', flat(), '--from', older['web-flat.vmdk'] ?? '', '--offset', '528', '--write');
    const wanted = NEWER.slice();
    wanted.set(DATA.subarray(528, 544), 528);
    expect(differs(await seen(), wanted)).toBeNull();
  });

  it('a whole older disk is the older data; after a deep recrypt both are noise', async () => {
    await make();
    const older = copyAside();
    await write(NEWER);
    await tamper('rollback', flat(), '--from', older['web-flat.vmdk'] ?? '', '--write');
    expect(differs(await seen(), DATA)).toBeNull();
    await lab.host.reconfigureVm(VM, { crypto: { type: 'DeepRecrypt', newKeyId: OTHER_KEY.id } });
    const [disk] = (await lab.readText('web.vmx')).match(/(?<=fileName = ")[^"]+/) ?? [];
    const extent = /VMFS "([^"]+)"/.exec(await lab.readText(disk ?? ''))?.[1] ?? '';
    const words = ['--from', older['web-flat.vmdk'] ?? '', '--offset', '528', '--write'];
    await tamper('replay', lab.path(extent), ...words);
    const read = await seen();
    expect(isNoise(read.subarray(528, 544), DATA.subarray(528, 544))).toBe(true);
    expect(isNoise(read.subarray(528, 544), NEWER.subarray(528, 544))).toBe(true);
  });

  it('two copies of a disk show which blocks were written in between', async () => {
    await make();
    const older = copyAside();
    const newer = DATA.slice();
    newer.fill(0xff, 1040, 1050);
    await write(newer);
    const report = await tamperJson('rollback', flat(), '--from', older['web-flat.vmdk'] ?? '');
    expect(report.changes).toMatchObject([{ offsetBytes: 1040 }]);
    expect(await tamper('rollback', flat(), '--from', older['web-flat.vmdk'] ?? '')).toMatch(/16 bytes 1 differ/);
  });
});

describe('older VMX and descriptor', () => {
  const rollback = async (older: Record<string, string>, names: readonly string[]): Promise<void> => {
    for (const name of names) await tamper('rollback', lab.path(name), '--from', older[name] ?? '', '--write');
  };

  it('of one of two files is noticed after a deep recrypt; of all together it is not', async () => {
    await make();
    const older = copyAside();
    await lab.host.reconfigureVm(VM, { crypto: { type: 'DeepRecrypt', newKeyId: OTHER_KEY.id } });
    const renamed = /(?<=fileName = ")[^"]+/.exec(await lab.readText('web.vmx'))?.[0] ?? '';
    const descriptor = lab.path(renamed);
    await tamper('rollback', descriptor, '--from', older['web.vmdk'] ?? '', '--write');
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'DESCRIPTOR_MISMATCH' });
    copyFileSync(`${descriptor}.before-rollback`, descriptor);
    await lab.host.powerOnVm(VM);
    await lab.host.powerOffVm(VM);
    // With the VMX and the data beside it, nothing outside the files remembers.
    for (const name of SEEN_FILES) copyFileSync(older[name] ?? '', lab.path(name));
    expect(differs(await seen(), DATA)).toBeNull();
  });

  it('after a shallow recrypt opens with the old KEK: who has both has the data key of today', async () => {
    await make();
    const older = copyAside();
    await lab.host.reconfigureVm(VM, { crypto: { type: 'ShallowRecrypt', newKeyId: OTHER_KEY.id } });
    await write(NEWER);
    const locked = lockedIn(readFileSync(older['web.vmdk'] ?? '', 'utf8'));
    const dek = dekIn(unlockByHand(locked, KEY.bytes) ?? '');
    // A foreign XTS, and no host: sector 2 of the disk as it is now.
    const decipher = createDecipheriv('aes-256-xts', dek, Buffer.from('02000000000000000000000000000000', 'hex'));
    const sector = Buffer.concat([decipher.update(readFileSync(flat()).subarray(1024, 1536)), decipher.final()]);
    expect(differs(sector, NEWER.subarray(1024, 1536))).toBeNull();
    await rollback(older, ['web.vmdk']);
    await lab.reboot();
    await lab.enableCrypto();
    await lab.host.addKeys([grant(OTHER_KEY)]);
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'DISK_KEY_MISSING', requiredKeys: [KEY.id] });
    await lab.host.addKeys([grant(KEY)]);
    expect(differs(await seen(), NEWER), 'with it the host opens the older bundle, and does not notice').toBeNull();
  });

  it('keeps what was there, once, and shows the lines that differ', async () => {
    await make();
    const older = copyAside();
    await lab.edit('web.vmdk', /^keyID=.*$/m, 'keyID=00000001');
    const shown = await tamper('rollback', lab.path('web.vmdk'), '--from', older['web.vmdk'] ?? '');
    expect(shown).toMatch(/^- keyID=00000001$/m);
    expect(shown).toMatch(/^\+ keyID=[0-9a-f]{8}$/m);
    expect(shown).toMatch(/Nothing was written/);
    await rollback(older, ['web.vmdk']);
    expect(await lab.readText('web.vmdk.before-rollback')).toContain('keyID=00000001');
    await expect(rollback(older, ['web.vmdk'])).rejects.toMatchObject({ exitCode: 3 });
    await seen();
  });
});

describe('what is sealed with a MAC or a tag', () => {
  it('does not open when a bit of it is another, and opens when it is put back', async () => {
    await make();
    const bundleAt = (await lab.readText('web.vmx')).indexOf('256,') + 40;
    for (const [file, offset, code] of [
      ['web.vmx', bundleAt, 'BUNDLE_TAMPERED'],
      ['web.nvram', 30, 'ENVELOPE_TAMPERED'],
    ] as const) {
      await tamper('flip', lab.path(file), '--offset', String(offset), '--write');
      expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code });
      await tamper('flip', lab.path(file), '--offset', String(offset), '--write');
      expect(differs(await seen(), DATA)).toBeNull();
    }
  });
});

describe('vcryptsim tamper', () => {
  it('only shows what it would do, without --write', async () => {
    await make();
    const before = await lab.digest();
    for (const words of [
      ['flip', flat(), '--offset', '5'],
      ['swap', flat(), '--offset', '0', '--with', '16'],
      ['replay', flat(), '--from', flat(), '--offset', '0', '--size', '512'],
      ['rollback', lab.path('web.vmx'), '--from', lab.path('web.vmx')],
    ]) {
      expect(await tamper(...words)).toMatch(
        /^does .*\n(?:.*\n)*gains .*\n(?:.*\n)*noticed .*\n(?:.*\n)*Nothing was written/m,
      );
    }
    expect(await lab.digest()).toBe(before);
  });

  it('says of a plain disk that whoever writes it decides, and of strange files that it does not know', async () => {
    await make(plainVm());
    expect(await tamperJson('flip', flat(), '--offset', '0')).toMatchObject({ kind: 'plain extent' });
    expect(await tamperJson('flip', lab.path('vmware.log'), '--offset', '0')).toMatchObject({ kind: 'other' });
    await tamper('flip', flat(), '--offset', '0', '--write');
    expect((await seen())[0]).toBe((DATA[0] ?? 0) ^ 1);
  });

  it.each([
    [['flip', '--offset', '99999999'], /has 65536 bytes/],
    [['swap', '--offset', '8', '--with', '32'], /not two places/],
    [['swap', '--offset', '16', '--with', '16'], /not two places/],
    [['replay', '--from', 'FLAT', '--offset', '100', '--size', '16'], /not a multiple/],
  ])('refuses %j, and writes nothing', async ([verb = '', ...words], says) => {
    await make();
    const before = await lab.digest();
    const run = tamper(verb, flat(), ...words.map((word) => (word === 'FLAT' ? flat() : word)), '--write');
    await expect(run).rejects.toThrow(says);
    expect(await lab.digest()).toBe(before);
  });
});
