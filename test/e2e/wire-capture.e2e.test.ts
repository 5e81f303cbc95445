// One encrypted VM between a real vCenter and a real KMS, and a second hand that looks at all of it: at the ciphertext on
// the wire, at the files, and at the keys, which it fetches and opens without a line of the product.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestDisk } from '@vcryptsim/hypervisor';
import { sectorCount, sectorIndex, type VmName, type VmUuid } from '@vcryptsim/ports';
import { ADMINISTRATOR } from '@vcryptsim/vcenter';
import { createVm, powerOnVm } from '@vcryptsim/vcenter/catalogue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DescriptorFacts, decryptUnit, dekOf, readDescriptor, unlock } from '../support/descriptor-by-hand.js';
import { getKeyByHand } from '../support/kmip-by-hand.js';
import { Lab, PROVIDER } from '../support/lab.js';

const SECTORS = 4096;
const sector0 = Buffer.from('The quick brown fox jumps over the lazy dog. '.repeat(12)).subarray(0, 512);

let lab: Lab;
let vm: VmUuid;
let guest: GuestDisk;
let vmFolder: string;
let descriptor: DescriptorFacts;
let kek: Uint8Array;
let dek: Buffer;

/** Everything under a folder of the lab, as one run of bytes for each file. */
function filesUnder(...names: string[]): Buffer[] {
  const folder = join(lab.folder, ...names);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
}

/** True when a key, or one half of it, stands in `bytes`: raw, as hex in either case, or as base64 at any phase. */
function holds(bytes: Uint8Array, key: Uint8Array): boolean {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = haystack.toString('latin1');
  const lower = text.toLowerCase();
  const half = key.length / 2;
  return [key, key.subarray(0, half), key.subarray(half)]
    .map((part) => Buffer.from(part))
    .some((part) => {
      const phases = [0, 1, 2].map((phase) =>
        Buffer.concat([Buffer.alloc(phase), part])
          .toString('base64')
          .slice(4, -4),
      );
      const hex = part.toString('hex');
      return haystack.includes(part) || lower.includes(hex) || phases.some((phase) => text.includes(phase));
    });
}

beforeAll(async () => {
  lab = await Lab.open();
  const session = lab.vcenter.login(ADMINISTRATOR, 'client');
  const task = await session.run(createVm, lab.vcenter.datacenters()[0]!.vmFolder, {
    name: 'web-01' as VmName,
    host: lab.vcenter.hosts()[0]!.id,
    disks: [{ capacity: sectorCount(SECTORS) }],
    policy: 'VM Encryption Policy',
  });
  expect(task.error).toBeNull();
  const { id, uuid } = lab.vcenter.vms()[0]!;
  vm = uuid;
  expect((await session.run(powerOnVm, id, {})).error).toBeNull();
  guest = await lab.host.openDisk(vm, 2000);
  await guest.writeSectors(sectorIndex(0), sector0);
  await guest.flush();

  // Folders with a dot first are the datastore's own.
  const folders = readdirSync(join(lab.folder, 'datastore')).filter((each) => !each.startsWith('.'));
  vmFolder = join('datastore', folders[0] ?? '');
  const name = readdirSync(join(lab.folder, vmFolder)).find((file) => /(?<!-flat)\.vmdk$/.test(file)) ?? '';
  descriptor = readDescriptor(lab.read(vmFolder, name).toString('latin1'));
  const answer = await getKeyByHand(
    {
      host: '127.0.0.1',
      port: lab.kms.ready.port,
      ...lab.clientIdentity,
      rejectUnauthorized: false,
    },
    descriptor.keyId,
  );
  expect(answer.succeeded).toBe(true);
  kek = answer.keyMaterial ?? new Uint8Array(0);
  const dictionary = unlock(descriptor.locked, kek);
  dek = dekOf(dictionary ?? Buffer.alloc(0));
});
afterAll(() => lab?.close());

describe('one encrypted VM, seen by a second hand', () => {
  it('[S01] has a KEK of AES-256 from the KMS and a DEK of XTS-AES-256 from the host', () => {
    expect(kek).toHaveLength(32);
    expect(dek).toHaveLength(64);
    expect(dek.subarray(0, 32).equals(dek.subarray(32))).toBe(false);
    expect(descriptor.providerId).toBe(PROVIDER);
  });

  it('[S01] shows neither KEK nor DEK on the wire between vCenter and KMS', () => {
    const captured = lab.relay.captured();
    expect(lab.relay.connections).toBeGreaterThanOrEqual(3);
    expect(captured.length).toBeGreaterThan(10_000);
    expect(holds(captured, kek)).toBe(false);
    expect(holds(captured, dek)).toBe(false);
    // The search is able to find: in each form, with the key at an odd place.
    for (const form of ['latin1', 'hex', 'base64'] as const) {
      const planted = Buffer.from(Buffer.concat([Buffer.from('x'), kek, Buffer.from('yz')]).toString(form), 'latin1');
      expect(holds(Buffer.concat([captured, planted]), kek)).toBe(true);
    }
  });

  it("[S02] leaves the key's ID in vCenter's files, and no byte of the key", () => {
    const files = filesUnder('vcenter');
    expect(files.some((bytes) => bytes.includes(descriptor.keyId))).toBe(true);
    expect(files.some((bytes) => holds(bytes, kek) || holds(bytes, dek))).toBe(false);
  });

  it("[S03] leaves neither KEK nor DEK in the host's files; the DEK opens with this KEK and no other", () => {
    const files = [...filesUnder('host'), ...filesUnder('datastore')];
    expect(files.length).toBeGreaterThan(3);
    expect(files.some((bytes) => holds(bytes, kek) || holds(bytes, dek))).toBe(false);
    const other = Uint8Array.from(kek, (byte, at) => (at === 0 ? byte ^ 1 : byte));
    expect(unlock(descriptor.locked, other)).toBeNull();
  });

  it("[S08] has sector 0 as any XTS-AES-256 makes it: node's own decrypts it to what the guest wrote", () => {
    const stored = lab.read(vmFolder, descriptor.extentFileName);
    expect(stored).toHaveLength(SECTORS * 512);
    expect(stored.subarray(0, 512).equals(sector0)).toBe(false);
    expect(decryptUnit(dek, stored.subarray(0, 512), 0n).equals(sector0)).toBe(true);
    expect(decryptUnit(dek, stored.subarray(512, 1024), 1n).equals(Buffer.alloc(512))).toBe(true);
    expect(decryptUnit(dek, stored.subarray(0, 512), 1n).equals(sector0)).toBe(false);
  });

  it('[S08] keeps what the guest wrote out of every file and off the wire', () => {
    const marker = sector0.subarray(100, 132);
    const everywhere = [
      ...filesUnder('datastore'),
      ...filesUnder('host'),
      ...filesUnder('vcenter'),
      ...filesUnder('kms'),
    ];
    for (const bytes of [...everywhere, Buffer.from(lab.relay.captured())]) expect(bytes.includes(marker)).toBe(false);
  });

  it('[S13] gives the guest its own data and never a key', async () => {
    const disk = new Uint8Array(SECTORS * 512);
    await guest.readSectors(sectorIndex(0), disk);
    expect(Buffer.from(disk.subarray(0, 512)).equals(sector0)).toBe(true);
    expect(holds(disk, kek) || holds(disk, dek)).toBe(false);
  });
});
