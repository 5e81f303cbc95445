// Runs in a process of its own, with --expose-gc: looks for a VM's KEK and DEK in this process's own memory while the
// VM runs, and again after its host rebooted with the key server stopped. Prints what was found as one line of JSON.
// It runs the built program (dist), as users do; needles and scanner hide themselves from the scan.

import { World } from '@vcryptsim/lab';
import { powerOnVm } from '@vcryptsim/lab/catalogue';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { ByteScanner, scanOwnMemory } from '@vcryptsim/simkit/scan';

const [folder, wire] = process.argv.slice(2);
const files = new OsFileSystem();
const MIB = 1024 * 1024;

const world = await World.build({
  lab: {
    kms: { provider: 'corp-kms', nodes: ['kms-1'] },
    cluster: 'cluster-1',
    hosts: ['esx-1'],
    datastore: 'datastore1',
    vms: { payroll: { host: 'esx-1', disk: { size: 4 * MIB, dataUnit: 512 }, policy: 'VM Encryption Policy' } },
  },
  seed: 20_260_105,
  clock: 'virtual',
  wire,
  engine: 'auto',
  folder,
  files,
  scenarioFolder: folder,
});

const halves = (needle) =>
  needle.bytes.lend((plain) => [
    { name: `${needle.name}, first half`, bytes: plain.slice(0, 32), forms: ['raw'] },
    { name: `${needle.name}, second half`, bytes: plain.slice(32), forms: ['raw'] },
  ]);

async function look() {
  const keks = world.needles.of('kek').map((needle) => ({ ...needle, forms: ['raw', 'hex', 'base64'] }));
  const deks = world.needles.of('dek').flatMap(halves);
  const needles = [...keks, ...deks].map(({ name }) => name);
  const scanner = new ByteScanner([...keks, ...deks]);
  for (const { bytes } of deks) bytes.fill(0);
  for (let round = 0; round < 4; round++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const matches = await scanOwnMemory(files, scanner);
  return { needles, found: matches.map(({ needle, form, region }) => ({ needle, form, region })) };
}

await world.run(async () => {
  await world.vms.create('payroll', () => {});
  await world.as().run(powerOnVm, world.vms.refOf('payroll'), {});
  await world.vms.asGuest('payroll', (disk) => disk.writeSectors(7, new Uint8Array(512).fill(0x5a)));
});
const before = await look();
await world.run(async () => {
  await world.keyServers.stop(['kms-1']);
  await world.hosts.reboot('esx-1');
});
const locked = await world.run(async () => (await world.vms.now('payroll')).cryptoState);
const after = await look();
await world.dispose();
process.stdout.write(`${JSON.stringify({ before, after, locked })}\n`);
