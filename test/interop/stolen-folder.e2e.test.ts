// S48: somebody copies a VM's folder onto a stick and takes it to a host of his own. Every tool at hand says nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sectorIndex } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grant, KEY, kek, Lab, VM, webVm } from '../../packages/hypervisor/test/support/lab.js';
import { leftOut } from '../support/left-out.js';
import { runCli } from '../support/run-cli.js';

const SECTORS = 128;
const SECTOR_BYTES = 512;
const TEXT = 'the combination of the safe is 4-8-15';

const has = (tool: string) => spawnSync(tool, ['--version']).status === 0;
for (const tool of ['strings', 'qemu-img'])
  if (!has(tool)) leftOut(`a stolen folder and ${tool}`, `${tool} is not installed`);

let root: string;
let owner: Lab;
let thief: Lab;
let digest: string;
const at = (...names: string[]) => join(root, ...names);
const stick = (...names: string[]) => at('thief', 'datastores', 'ds1', 'web', ...names);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function wholeDisk(lab: Lab): Promise<Uint8Array> {
  const bytes = new Uint8Array(SECTORS * SECTOR_BYTES);
  const disk = await lab.host.openDisk(VM, 2000);
  await disk.readSectors(sectorIndex(0), bytes);
  await disk.close();
  return bytes;
}

const stolenDigests = () =>
  readdirSync(stick())
    .sort()
    .map((name) => [name, sha256(readFileSync(stick(name)))]);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'vcryptsim-stick-'));
  const files = new OsFileSystem();
  owner = await Lab.safe({ files, root: at('owner') });
  await owner.host.createVm(webVm());
  await owner.host.powerOnVm(VM);
  const disk = await owner.host.openDisk(VM, 2000);
  const sectors = new Uint8Array(9 * SECTOR_BYTES);
  for (let place = 0; place < sectors.length; place += TEXT.length + 1)
    sectors.set(Buffer.from(TEXT), Math.min(place, sectors.length - TEXT.length));
  await disk.writeSectors(sectorIndex(17), sectors);
  await disk.close();
  digest = sha256(await wholeDisk(owner));
  await owner.host.powerOffVm(VM);
  await owner.host.shutDown();

  // The copy, and a host with a folder of its own that never saw the VM.
  thief = await Lab.boot({ files, root: at('thief') });
  mkdirSync(stick(), { recursive: true });
  cpSync(at('owner', 'datastores', 'ds1', 'web'), stick(), { recursive: true });
});
afterAll(async () => {
  await thief?.host.shutDown();
  rmSync(root, { recursive: true, force: true });
});

describe('[S48] a copied folder, without the key', () => {
  it('has none of what the guest wrote in any byte of any file', () => {
    for (const name of readdirSync(stick())) {
      const bytes = readFileSync(stick(name));
      for (const form of ['latin1', 'hex', 'base64'] as const) {
        expect(bytes.includes(Buffer.from(Buffer.from(TEXT).toString(form).slice(4, -4), 'latin1')), name).toBe(false);
      }
    }
  });

  it.runIf(has('strings'))('[S48] says nothing to strings, which finds the text where it is in clear', () => {
    for (const name of readdirSync(stick())) {
      expect(String(execFileSync('strings', ['-n', '8', stick(name)])), name).not.toContain('safe is');
    }
    writeFileSync(at('clear.bin'), Buffer.from(`\0\0${TEXT}\0`));
    expect(String(execFileSync('strings', ['-n', '8', at('clear.bin')]))).toContain('safe is');
  });

  it.runIf(has('qemu-img'))('[S48] is converted by qemu-img to noise', () => {
    execFileSync('qemu-img', ['convert', '-O', 'raw', stick('web.vmdk'), at('loot.img')]);
    const loot = readFileSync(at('loot.img'));
    expect(loot.equals(readFileSync(stick('web-flat.vmdk')))).toBe(true);
    expect(loot.includes(TEXT)).toBe(false);
    expect(sha256(loot)).not.toBe(digest);
  });

  it('is told by inspect to be sealed, by which key, and no more', async () => {
    for (const name of ['web.vmx', 'web.vmdk']) {
      const { stdout, exitCode } = await runCli(['inspect', stick(name)]);
      expect(exitCode, name).toBe(0);
      expect(stdout, name).toContain(KEY.id.keyId);
      expect(stdout, name).not.toContain('safe is');
    }
  });

  it('is locked on another host, whatever keys that has, and every way to its data is refused', async () => {
    const before = stolenDigests();
    expect(await thief.host.vms()).toEqual([]);
    const info = await thief.host.registerVm('[ds1] web/web.vmx');
    expect(info).toMatchObject({ cryptoState: 'locked', connectionState: 'invalid', missingKeys: [KEY.id] });
    await thief.enableCrypto();
    await thief.host.addKeys([grant(kek('a key of the thief')), grant(kek(KEY.id.keyId, 'kms of the thief'))]);
    mkdirSync(at('export'));
    const ways = [
      thief.host.powerOnVm(VM),
      thief.host.openDisk(VM, 2000),
      thief.host.exportDisk(VM, 2000, { folder: at('export'), name: 'loot' }),
    ];
    for (const way of ways) await expect(way).rejects.toMatchObject({ code: 'VM_LOCKED' });
    expect(readdirSync(at('export'))).toEqual([]);
    expect(stolenDigests()).toEqual(before);
    expect(existsSync(at('thief', 'datastores', 'ds1', 'web', 'web.vmdk'))).toBe(true);
  });
});

describe('[S48] the same folder, with the key', () => {
  it('reads back as its owner wrote it, and can be exported', async () => {
    expect((await thief.host.addKeys([grant(KEY)]))[0]).toMatchObject({ success: true });
    await thief.host.powerOnVm(VM);
    const bytes = await wholeDisk(thief);
    expect(sha256(bytes)).toBe(digest);
    expect(Buffer.from(bytes).includes(TEXT)).toBe(true);
    await thief.host.powerOffVm(VM);
    await thief.host.exportDisk(VM, 2000, { folder: at('export'), name: 'clear' });
    expect(sha256(readFileSync(at('export', 'clear-flat.vmdk')))).toBe(digest);
  });
});
