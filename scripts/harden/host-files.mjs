// Files of a host, bent: VMX, descriptors, NVRAM and inventories through their readers for the many, whole hosts for some.
//   node scripts/harden/host-files.mjs [--n 1000] [--seed 1]
// Rules: a reader refuses with a code or reads; what was read is written back byte by byte; no encrypted VM is called plain;
// a bent file costs its VM and nobody else, and a VM that powers on has the right data; work grows with the length.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { runAlone } from './support/alone.mjs';
import { chanceOf } from './support/chance.mjs';

const dist = (path) => import(new URL(`../../packages/${path}`, import.meta.url).href);
const formats = await dist('hypervisor/dist/formats.js');
const { EsxiHost } = await dist('hypervisor/dist/index.js');
const { VmInventory } = await dist('hypervisor/dist/host/vm-inventory.js');
const { describeFile } = await dist('cli/dist/inspect/describe-file.js');
const { nativeEngine } = await dist('crypto-core/dist/index.js');
const { KeyParcel } = await dist('crypto-core/dist/parcel.js');
const { MemoryFileSystem, SeededEntropy, VirtualClock } = await dist('simkit/dist/index.js');
const { makeFolders, readWhole, replaceFile } = await dist('ports/dist/index.js');

export const name = 'host-files';
export const share = 0.1;

/** One in so many inputs goes through a whole host. */
const HOST_EVERY = 50;
/** A reader that takes this long has lost its way; the largest input is some kilobytes. */
const READER_LIMIT_MS = 5_000;
const WEB = '4f1d1d0e-6c0f-4d2a-9d6e-0a1b2c3d4e5f';
const MAIL = '5a5a5a5a-6c0f-4d2a-9d6e-0a1b2c3d4e5f';
const ROOT = '/lab';
const INVENTORY = `${ROOT}/hosts/esx-1/vmInventory.log`;
const MARKS =
  '" = | % / ( ) , # \n \r\n \0 \u001a \ufeff <VMWARE-NULL> __proto__ constructor RW encryption.bundle vmlist1. .encoding'
    .split(' ')
    .map((mark) => Buffer.from(mark));

const key = (keyId) => ({
  id: { keyId, providerId: 'kms' },
  bytes: new Uint8Array(createHash('sha256').update(keyId).digest()),
});
const grant = ({ id, bytes }) => ({ id, parcel: KeyParcel.seal(Uint8Array.from(bytes)) });
const HOST_KEY = key('host');
const VM_KEY = key('vm');
const DATA = Uint8Array.from({ length: 16 * 512 }, (_, at) => (at * 31 + (at >> 8)) & 0xff);

export async function run({ inputs, seed, say = () => {} }) {
  const findings = [];
  const chance = chanceOf(seed);
  const golden = await goldenFiles();
  const texts = Object.keys(golden).filter(
    (path) => path === INVENTORY || (/\.(vmx|vmdk|nvram)$/.test(path) && !path.endsWith('-flat.vmdk')),
  );
  let hosts = 0;
  for (let at = 0; at < inputs; at++) {
    const path = chance.pick(texts);
    const bent = bend(golden[path], chance);
    const where = `seed ${seed}, input ${at}, ${path}`;
    findings.push(...(await readAll(bent, path)).map((each) => `${where}: ${each}`));
    if (at % HOST_EVERY !== 0) continue;
    hosts++;
    findings.push(...(await meet(golden, path, bent)).map((each) => `${where}: ${each}`));
    if (hosts % 200 === 0) say(`host-files: ${at} of ${inputs} inputs, ${hosts} hosts`);
  }
  findings.push(...growth());
  return { inputs, unhandled: 0, cut: 0, findings };
}

/** Cuts, doubles, swaps, flips; sometimes in the bytes of another encoding. */
function bend(bytes, chance) {
  let bent = Buffer.from(bytes);
  for (let times = 1 + chance.below(4); times > 0; times--) {
    const at = chance.below(bent.length + 1);
    const length = chance.below(chance.below(8) === 0 ? 400 : 6);
    const piece = [
      () => Buffer.alloc(0),
      () => Buffer.concat([bent.subarray(at, at + length), bent.subarray(at, at + length)]),
      () => chance.pick(MARKS),
      () => Buffer.from(chance.bytes(length)),
      () => Buffer.from(bent.subarray(at, at + length).map((byte) => byte ^ (1 << chance.below(8)))),
    ];
    bent = Buffer.concat([bent.subarray(0, at), chance.pick(piece)(), bent.subarray(at + length)]);
  }
  return chance.below(40) === 0 ? Buffer.from(`\ufeff${bent.toString('latin1')}`, 'utf16le') : bent;
}

async function readAll(bytes, path) {
  const findings = [];
  const start = performance.now();
  const attempt = (what, work) => {
    try {
      return work();
    } catch (error) {
      if (!['HypervisorError', 'CliError'].includes(error.name)) findings.push(`${what}: ${error.stack}`);
      return undefined;
    }
  };
  const ends = { sizeBytes: bytes.length, head: bytes.subarray(0, 65_536), tail: bytes.subarray(-65_536) };
  attempt('recognizeFile', () => formats.recognizeFile(ends));
  const vmx = attempt('Vmx.read', () => formats.Vmx.read(bytes, 'f'));
  attempt('decodeTextFile', () => formats.decodeTextFile(bytes, 'f'));
  if (vmx !== undefined && !Buffer.from(vmx.toBytes()).equals(bytes)) {
    findings.push('a VMX is not written back as it was read');
  }
  attempt('parseDescriptor', () => formats.parseDescriptor(formats.decodeText(bytes, 'f'), 'f'));
  attempt('decodeNvram', () => formats.decodeNvram(bytes, 'f'));
  try {
    await VmInventory.load(await filesOf({ [INVENTORY]: bytes }), INVENTORY.slice(0, INVENTORY.lastIndexOf('/')));
  } catch (error) {
    if (error.name !== 'HypervisorError') findings.push(`inventory: ${error.stack}`);
  }
  try {
    const report = await describeFile(ends, async () => bytes, path);
    const sealed = ['encryption.bundle', 'encryption.keySafe', 'encryption.data'].some(
      (one) => vmx?.get(one) !== undefined,
    );
    if (path.endsWith('.vmx') && sealed && report.encrypted !== true) findings.push('an encrypted VM is called plain');
  } catch (error) {
    if (!['HypervisorError', 'CliError'].includes(error.name)) findings.push(`inspect: ${error.stack}`);
  }
  const tookMs = performance.now() - start;
  if (tookMs > READER_LIMIT_MS) findings.push(`reading took ${Math.round(tookMs)} ms`);
  return findings;
}

/** Boots a host over the files of which one is bent, and asks for both VMs. */
async function meet(golden, path, bent) {
  const findings = [];
  const files = await filesOf({ ...golden, [path]: bent });
  const attempt = async (what, work) => {
    try {
      return await work();
    } catch (error) {
      if (error.name !== 'HypervisorError') findings.push(`${what}: ${error.stack}`);
      return undefined;
    }
  };
  const host = await attempt('boot', () => boot(files, 2));
  // Without its inventory a host would seem to have no VMs; without a VM it has the others.
  if (host === undefined) return path === INVENTORY ? findings : [...findings, 'the host did not boot'];
  const bentVm = path === INVENTORY ? null : path.includes('/web/') ? WEB : MAIL;
  for (const uuid of [WEB, MAIL]) {
    const isOn = await attempt(`power on ${uuid}`, async () => {
      await host.powerOnVm(uuid);
      return true;
    });
    if (!isOn && bentVm !== null && uuid !== bentVm) findings.push('a bent file of one VM kept another from running');
    if (!isOn || uuid !== WEB) continue;
    const read = await attempt('read', async () => {
      const disk = await host.openDisk(WEB, 2000);
      const buffer = new Uint8Array(DATA.length);
      await disk.readSectors(0, buffer);
      return buffer;
    });
    // A disk whose line was taken out of the VMX is not there; one that is there has its data.
    if (read !== undefined && !Buffer.from(read).equals(Buffer.from(DATA))) findings.push('a VM runs with wrong data');
  }
  await attempt('shut down', () => host.shutDown());
  return findings;
}

async function boot(files, incarnation) {
  const host = await EsxiHost.boot({
    name: 'esx-1',
    uuid: '00000000-0000-4000-8000-000000000001',
    version: '8.0',
    folder: `${ROOT}/hosts/esx-1`,
    datastores: [{ name: 'ds1', folder: `${ROOT}/ds1` }],
    files,
    clock: new VirtualClock({ startMs: 1.9e12 }),
    entropy: new SeededEntropy(7).fork('esx-1', incarnation),
    events: { emit() {} },
    engine: nativeEngine(),
    incarnation,
  });
  await host.prepareCrypto();
  await host.enableCrypto(grant(HOST_KEY));
  await host.addKeys([grant(VM_KEY)]);
  return host;
}

/** Every file of a host with two encrypted VMs, one of them with data. */
async function goldenFiles() {
  const files = new MemoryFileSystem();
  await makeFolders(files, `${ROOT}/ds1`);
  const host = await boot(files, 1);
  const crypto = { type: 'Encrypt', cryptoKeyId: VM_KEY.id };
  await host.createVm({ name: 'web', uuid: WEB, crypto, disks: [{ capacity: 16 }, { capacity: 16 }] });
  await host.createVm({ name: 'mail', uuid: MAIL, crypto, disks: [{ capacity: 16 }] });
  await host.powerOnVm(WEB);
  const disk = await host.openDisk(WEB, 2000);
  await disk.writeSectors(0, DATA);
  await disk.flush();
  await host.powerOffVm(WEB);
  await host.shutDown();
  const golden = {};
  for (const path of await pathsUnder(files, ROOT)) golden[path] = Buffer.from(await readWhole(files, path, 2 ** 20));
  return golden;
}

async function pathsUnder(files, folder) {
  const paths = [];
  for (const entry of await files.readdir(folder)) {
    const path = `${folder}/${entry}`;
    if ((await files.lstat(path)).kind === 'folder') paths.push(...(await pathsUnder(files, path)));
    else paths.push(path);
  }
  return paths;
}

async function filesOf(contents) {
  const files = new MemoryFileSystem();
  for (const [path, bytes] of Object.entries(contents)) {
    await makeFolders(files, path.slice(0, path.lastIndexOf('/')));
    await replaceFile(files, path, new Uint8Array(bytes));
  }
  return files;
}

/** Counts the work of each reader on texts of n and 2n lines or parts, in a process that counts from its start. */
function growth() {
  const script = fileURLToPath(new URL('./support/host-readers-growth.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status !== 0) return [`counting failed: ${stderr}`];
  return JSON.parse(stdout).flatMap(({ what, once, twice }) => {
    process.stderr.write(`COUNTED ${what}: ${once} blocks at 500, ${twice} at 1000\n`);
    return once < 500 || twice > once * 2.2 ? [`${what}: ${once} blocks at 500, ${twice} at 1000`] : [];
  });
}

await runAlone(import.meta.url, { run });
