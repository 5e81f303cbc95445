// One life of a host under `npm run kill9`: see there.
import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { nativeEngine } from '@vcryptsim/crypto-core';
import { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import { EsxiHost } from '@vcryptsim/hypervisor';
import { makeFolders } from '@vcryptsim/ports';
import { OsFileSystem, SystemClock } from '@vcryptsim/ports/os';
import { SeededEntropy } from '@vcryptsim/simkit';
import { DeadlyFiles } from './deadly-files.mjs';
import { randomOf } from './random.mjs';

const VM = '4f1d1d0e-6c0f-4d2a-9d6e-0a1b2c3d4e5f';
const SECTORS = 256;
const DISKS = [2000, 2001];
/** More calls than an operation makes: then it ends, and the next begins. */
const CALLS_WITHIN = 110;
const KINDS = ['-flat.vmdk', '-flat.vmdk', '.nvram', '.vmdk', '.vmdk', '.vmsd', '.vmx', 'vmware.log'];

process.on('disconnect', () => process.exit(0));
process.once('message', (order) => {
  live(order).catch((error) => {
    process.send({ type: 'lost', what: String(error?.stack ?? error), after: order.model?.after ?? 'nothing' });
  });
});

async function live({ folder, incarnation, seed, model: known, killsItself }) {
  const random = randomOf(seed);
  const files = new DeadlyFiles(new OsFileSystem());
  const datastore = `${folder}/datastore`;
  await makeFolders(files, datastore);
  const host = await bootHost(files, folder, datastore, incarnation);
  const keys = ['a', 'b'].map(kek);
  await host.prepareCrypto();
  await host.enableCrypto(grant(kek('host')));
  await host.addKeys(keys.map(grant));
  let model = known;
  if (model === null || model.isMaking) model = await make(host, datastore);
  else await check(host, datastore, model);
  process.send({ type: 'checked', model });

  for (;;) {
    const { name, before = () => {}, work, after = () => {} } = await choose(host, random, keys, model);
    before();
    process.send({ type: 'begin', operation: name, model });
    if (killsItself) files.left = 1 + random(CALLS_WITHIN);
    await work();
    files.left = null;
    after();
    process.send({ type: 'end', model });
  }
}

function bootHost(files, folder, datastore, incarnation) {
  return EsxiHost.boot({
    name: 'esx-1',
    uuid: '00000000-0000-4000-8000-000000000001',
    version: '7.0U2',
    folder: `${folder}/host`,
    datastores: [{ name: 'ds1', folder: datastore }],
    files,
    clock: new SystemClock(),
    entropy: new SeededEntropy(7).fork('esx-1', incarnation),
    events: { emit: () => {} },
    engine: nativeEngine(),
    incarnation,
  });
}

/** Makes the VM and lets its guest write all of its disks. */
async function make(host, datastore) {
  for (const { uuid } of await host.vms()) await host.unregisterVm(uuid);
  await rm(datastore, { recursive: true, force: true });
  await makeFolders(new OsFileSystem(), datastore);
  const disks = [{ capacity: SECTORS }, { capacity: SECTORS, dataUnitSizeBytes: 4096 }];
  const crypto = { type: 'Encrypt', cryptoKeyId: kek('a').id };
  await host.createVm({ name: 'web', uuid: VM, crypto, disks });
  await host.powerOnVm(VM);
  for (const deviceKey of DISKS) {
    const disk = await host.openDisk(VM, deviceKey);
    await disk.writeSectors(0, dataOf(Array(SECTORS).fill(1)));
    await disk.flush();
  }
  await host.powerOffVm(VM);
  return { isMaking: false, salts: DISKS.map(() => Array(SECTORS).fill(1)), pending: null, creating: null, next: 2 };
}

/** Looks at what the life before left; what was being written may be old or new, each sector for itself. */
async function check(host, datastore, model) {
  await checkCreated(host, datastore, model);
  await host.powerOnVm(VM);
  for (const [index, deviceKey] of DISKS.entries()) {
    const disk = await host.openDisk(VM, deviceKey);
    const read = new Uint8Array(SECTORS * 512);
    await disk.readSectors(0, read);
    const pending = model.pending?.disk === index ? model.pending : null;
    for (let lba = 0; lba < SECTORS; lba += 1) {
      const sector = Buffer.from(read.buffer, lba * 512, 512);
      const isWritten = pending !== null && lba >= pending.from && lba < pending.to;
      if (sector.equals(sectorOf(lba, model.salts[index][lba]))) continue;
      if (!isWritten || !sector.equals(sectorOf(lba, pending.salt))) {
        throw new Error(`sector ${lba} of disk ${deviceKey} is not what the guest wrote`);
      }
      model.salts[index][lba] = pending.salt;
    }
  }
  await host.powerOffVm(VM);
  model.pending = null;
  const kinds = (await readdir(`${datastore}/web`)).map((name) => name.replace(/^web(_[0-9]+)?/, '')).sort();
  if (kinds.join() !== KINDS.join()) throw new Error(`the VM's folder holds ${kinds.join(' ')}`);
}

/** A VM that was being made is whole or not registered; either way it goes, so that the folder stays small. */
async function checkCreated(host, datastore, model) {
  for (const { uuid, damage } of await host.vms()) {
    if (uuid === VM) continue;
    if (uuid !== model.creating || damage !== undefined) throw new Error(`VM ${uuid} is registered, damage ${damage}`);
    await host.powerOnVm(uuid);
    await host.powerOffVm(uuid);
    await host.unregisterVm(uuid);
  }
  for (const name of await readdir(datastore)) {
    if (name !== 'web') await rm(`${datastore}/${name}`, { recursive: true });
  }
  model.creating = null;
}

/** What to do next, of what the VM is now. */
async function choose(host, random, keys, model) {
  const { keyId, disks } = await host.vm(VM);
  const { id } = keys[random(keys.length)];
  const rewrite = random(2) === 0 ? 'beside' : 'inPlace';
  const change = (type, crypto, way) => ({
    name: way === undefined ? type : `${type} ${way}`,
    work: () => host.reconfigureVm(VM, { crypto, ...(way === undefined ? {} : { rewrite: way }) }),
  });
  const isPlain = keyId === null || disks.some((disk) => disk.keyId === null);
  const choices = isPlain
    ? [change('encrypt', { type: 'Encrypt', cryptoKeyId: id }, rewrite)]
    : [
        change('shallow recrypt', { type: 'ShallowRecrypt', newKeyId: id }),
        change('deep recrypt', { type: 'DeepRecrypt', newKeyId: id }, rewrite),
        change('deep recrypt', { type: 'DeepRecrypt', newKeyId: id }, rewrite),
        change('decrypt', { type: 'Decrypt' }, rewrite),
      ];
  choices.push(write(host, random, model), importing(host, random, model), creating(host, random, model, id));
  return choices[random(choices.length)];
}

function write(host, random, model) {
  const from = random(SECTORS - 1);
  const pending = { disk: random(2), from, to: from + 1 + random(SECTORS - from), salt: model.next };
  return {
    name: 'guest write',
    before: () => begin(model, pending),
    work: async () => {
      await host.powerOnVm(VM);
      const disk = await host.openDisk(VM, DISKS[pending.disk]);
      const data = Array.from({ length: pending.to - from }, (_, at) => sectorOf(from + at, pending.salt));
      await disk.writeSectors(from, new Uint8Array(Buffer.concat(data)));
      await disk.flush();
      await host.powerOffVm(VM);
    },
    after: () => settle(model),
  };
}

function importing(host, random, model) {
  const pending = { disk: random(2), from: 0, to: SECTORS, salt: model.next };
  const image = dataOf(Array(SECTORS).fill(pending.salt));
  const read = async (buffer, at) => Buffer.from(image).copy(buffer, 0, at);
  return {
    name: 'import',
    before: () => begin(model, pending),
    work: () => host.importDisk(VM, DISKS[pending.disk], { sizeBytes: image.length, read }),
    after: () => settle(model),
  };
}

function creating(host, random, model, id) {
  const uuid = `00000000-0000-4000-9000-${String(random(2 ** 31)).padStart(12, '0')}`;
  const crypto = { type: 'Encrypt', cryptoKeyId: id };
  return {
    name: 'create',
    before: () => {
      model.creating = uuid;
    },
    work: async () => {
      const { vmxPath } = await host.createVm({ name: 'other', uuid, crypto, disks: [{ capacity: 64 }] });
      await host.unregisterVm(uuid);
      model.made = vmxPath;
    },
  };
}

function begin(model, pending) {
  model.pending = pending;
  model.next += 1;
}

function settle(model) {
  const { disk, from, to, salt } = model.pending;
  model.salts[disk].fill(salt, from, to);
  model.pending = null;
}

/** Bytes of a sector that differ by place and by who wrote them. */
function sectorOf(lba, salt) {
  const block = createHash('sha512').update(`${lba} ${salt}`).digest();
  return Buffer.concat(Array(8).fill(block));
}

function dataOf(salts) {
  return new Uint8Array(Buffer.concat(salts.map((salt, lba) => sectorOf(lba, salt))));
}

function kek(keyId) {
  const bytes = new Uint8Array(createHash('sha256').update(`KEK ${keyId}`).digest());
  return { id: { keyId, providerId: 'corp-kms' }, bytes };
}

function grant({ id, bytes }) {
  return { id, parcel: KeyParcel.seal(bytes) };
}
