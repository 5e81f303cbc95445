// One host under `npm run race`: see there.
import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { nativeEngine } from '@vcryptsim/crypto-core';
import { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import { EsxiHost } from '@vcryptsim/hypervisor';
import { makeFolders } from '@vcryptsim/ports';
import { OsFileSystem, SystemClock } from '@vcryptsim/ports/os';
import { SeededEntropy } from '@vcryptsim/simkit';

const VMS = { vmfs: '4f1d1d0e-6c0f-4d2a-9d6e-0a1b2c3d4e5f', nfs: '5a5a5a5a-6c0f-4d2a-9d6e-0a1b2c3d4e5f' };
const DEVICE_KEY = 2000;

let host = null;
let place = '';
const mine = new Map();

process.on('disconnect', () => process.exit(0));
process.on('message', (order) => {
  const work = { boot, take, write, check, leave }[order.type];
  work(order).then(
    (type) => process.send({ type }),
    (error) => process.send({ type: `failed: ${error?.stack ?? error}` }),
  );
});

async function boot({ folder, number, incarnation, staleMs }) {
  const files = new OsFileSystem();
  place = folder;
  // In proportion to 3, 16 and 1 s, and to 10, 35 and 5 s.
  const lockTimings = {
    VMFS: { heartbeatMs: Math.round((staleMs * 3) / 16), staleMs, lookMs: Math.round(staleMs / 16) },
    NFS: { heartbeatMs: Math.round((staleMs * 10) / 35), staleMs, lookMs: Math.round(staleMs / 7) },
  };
  for (const name of Object.keys(VMS)) await makeFolders(files, `${folder}/${name}`);
  host = await EsxiHost.boot({
    name: `esx-${number}`,
    uuid: `00000000-0000-4000-8000-00000000000${number}`,
    version: '8.0',
    folder: `${folder}/host-${number}`,
    datastores: Object.keys(VMS).map((name) => {
      const type = name.toUpperCase();
      return { name, folder: `${folder}/${name}`, type, lockTimings: lockTimings[type] };
    }),
    files,
    clock: new SystemClock(),
    entropy: new SeededEntropy(7).fork(`esx-${number}`, incarnation),
    events: { emit: () => {} },
    engine: nativeEngine(),
    incarnation,
  });
  await host.prepareCrypto();
  await host.enableCrypto(grant('host'));
  await host.addKeys([grant('vm')]);
  if (incarnation > 1) return 'booted';
  for (const [name, uuid] of Object.entries(VMS)) {
    const crypto = { type: 'Encrypt', cryptoKeyId: idOf('vm') };
    if (number === 1) await host.createVm({ name, uuid, crypto, datastore: name, disks: [{ capacity: 128 }] });
    else await host.registerVm(`[${name}] ${name}/${name}.vmx`);
  }
  return 'booted';
}

/** Powers the VM on. Who has it makes a file that can be made once; that is looked at past every lock. */
async function take({ datastore, round, delayMs }) {
  const untilMs = performance.now() + delayMs;
  while (performance.now() < untilMs);
  try {
    await host.powerOnVm(VMS[datastore]);
  } catch (error) {
    if (error?.code === 'FILE_LOCKED') return 'refused';
    throw error;
  }
  try {
    await (await open(`${place}/owner-of-${datastore}`, 'wx')).close();
  } catch {
    return 'two owners';
  }
  mine.set(datastore, Buffer.alloc(512, createHash('sha256').update(`round ${round}`).digest()));
  const disk = await host.openDisk(VMS[datastore], DEVICE_KEY);
  await disk.writeSectors(0, mine.get(datastore));
  return 'has it';
}

/** A write of a host that slept while another took the VM. */
async function write({ datastore }) {
  try {
    const disk = await host.openDisk(VMS[datastore], DEVICE_KEY);
    await disk.writeSectors(0, Buffer.alloc(512, 0xee));
    return 'written';
  } catch (error) {
    if (error?.code !== 'FILE_LOCK_LOST') throw error;
    await host.powerOffVm(VMS[datastore]);
    return 'refused';
  }
}

async function check({ datastore }) {
  const disk = await host.openDisk(VMS[datastore], DEVICE_KEY);
  const seen = Buffer.alloc(512);
  await disk.readSectors(0, seen);
  return seen.equals(mine.get(datastore)) ? 'whole' : 'changed by another';
}

async function leave({ datastore }) {
  await rm(`${place}/owner-of-${datastore}`);
  await host.powerOffVm(VMS[datastore]);
  return 'left';
}

function idOf(name) {
  return { keyId: `key-${name}`, providerId: 'corp-kms' };
}

function grant(name) {
  return { id: idOf(name), parcel: KeyParcel.seal(new Uint8Array(createHash('sha256').update(name).digest())) };
}
