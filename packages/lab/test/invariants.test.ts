// Each invariant is shown to fail: the secret is put where it must not be, and found there.

import { powerOnVm } from '@vcryptsim/vcenter/catalogue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkEverything, checkWritten } from '../src/invariants/check-invariants.js';
import { provePlantedNeedle } from '../src/invariants/planted-needle.js';
import type { SecretKind } from '../src/needles/secret-needles.js';
import type { World } from '../src/world/world.js';
import { plant, smallWorld } from './support/small-world.js';

/** One sector with a text at its beginning. */
const sectorOf = (text: string) => {
  const sector = new Uint8Array(512);
  new TextEncoder().encodeInto(text, sector);
  return sector;
};

const SECRET = 'what the guest of payroll wrote there';
let world: World;

beforeAll(async () => {
  world = await smallWorld();
  await world.run(async () => {
    for (const name of ['payroll', 'bulletin']) {
      const { disks } = await world.vms.create(name, () => {});
      await world.as().run(powerOnVm, world.vms.refOf(name), {});
      const bytes = sectorOf(name === 'payroll' ? SECRET : 'nothing that anybody would hide');
      await world.vms.asGuest(name, (disk) => disk.writeSectors(3 as never, bytes));
      disks[0]?.ledger.wrote(3, bytes);
    }
  });
});
afterAll(() => world.dispose());

/** Bytes of a secret of the run, as a leak would write them. */
function secret(kind: SecretKind): Uint8Array {
  const [needle] = world.needles.of(kind);
  if (needle === undefined || needle.bytes instanceof Uint8Array) throw new Error('no such secret was drawn');
  return needle.bytes.lend((plain) => plain.slice());
}

describe('what must hold after every step', () => {
  it('holds in a world where nothing went wrong, although a plain VM wrote in clear', async () => {
    await world.run(async () => {
      expect(await checkWritten(world)).toEqual([]);
      expect(await checkEverything(world)).toEqual([]);
    });
  });

  it.each([
    ['no-plaintext-on-datastore', 'datastores/datastore1/leak.txt', () => new TextEncoder().encode(SECRET)],
    ['no-kek-in-vcenter-files', 'vcenter/leak', () => secret('kek')],
    ['no-kek-in-vcenter-files', 'vcenter/leak.log', () => Buffer.from(Buffer.from(secret('kek')).toString('hex'))],
    ['no-kek-in-vcenter-files', 'vcenter/leak.json', () => Buffer.from(Buffer.from(secret('kek')).toString('base64'))],
    ['no-kek-in-host-files', 'hosts/esx-1/leak', () => secret('kek')],
    ['no-kek-in-host-files', 'datastores/datastore1/leak', () => secret('kek')],
    ['no-clear-kek-in-kms-files', 'kms/leak', () => secret('kek')],
    ['no-dek-unsealed', 'kms/leak', () => secret('dek')],
    ['no-dek-unsealed', 'datastores/datastore1/leak', () => secret('dek')],
  ])('[S02] [S03] %s fails for %s, with file and offset', async (invariant, name, bytes) => {
    const path = `${world.folder.path}/${name}`;
    await world.run(async () => {
      await checkWritten(world);
      await plant(world, path, new Uint8Array(777));
      await plant(world, path, bytes());
      const wanted = expect.objectContaining({ invariant, where: path, offsetBytes: 777 });
      expect(await checkWritten(world)).toContainEqual(wanted);
      expect(await checkWritten(world)).toEqual([]);
      expect(await checkEverything(world)).toContainEqual(wanted);
      await world.files.unlink(path);
      expect(await checkEverything(world)).toEqual([]);
    });
  });

  it('sees a DEK on the wire, also when it comes in pieces', async () => {
    const connection = { number: 99, from: 'vcenter', to: 'kms-1' };
    const bytes = Buffer.concat([new Uint8Array(10), secret('dek')]);
    for (const piece of [bytes.subarray(0, 30), bytes.subarray(30)]) {
      world.wireWatch.look({ connection, direction: 'to-server', bytes: piece });
    }
    await world.run(async () => {
      expect(await checkWritten(world)).toEqual([
        expect.objectContaining({ invariant: 'no-dek-unsealed', where: 'vcenter -> kms-1', offsetBytes: 10 }),
      ]);
    });
  });

  it('proves in every run that its searches find', async () => {
    await world.run(() => provePlantedNeedle(world));
    expect(await world.files.readdir(world.folder.vcenter)).not.toContain('planted-needle');
    const blind = Object.create(world, { wireWatch: { value: { look: () => {}, forget: () => {}, take: () => [] } } });
    await expect(world.run(() => provePlantedNeedle(blind))).rejects.toMatchObject({ code: 'NEEDLE_NOT_FOUND' });
  });
});
