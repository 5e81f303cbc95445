import { decodeText, parseDescriptor } from '@vcryptsim/hypervisor/formats';
import { type CryptoKeyId, FileError, readWhole } from '@vcryptsim/ports';
import { shortId } from '../world/key-names.js';
import type { TrackedVm } from '../world/virtual-machines.js';
import type { World } from '../world/world.js';

const DESCRIPTOR_BYTES_MAX = 1024 * 1024;

/** Where one key is now, in words: `bytes`, `ID only`, `sealed`, or `-` for not there at all. */
export interface KeyPlace {
  readonly key: string;
  readonly kms: string;
  readonly vcenter: string;
  /** In the memory of each host, in the lab's order. */
  readonly hosts: readonly string[];
  readonly disk: string;
}

/**
 * Looks where each key of the world is at this moment: asks the key store, vCenter's database, each host's cache, and
 * reads the VMs' files on the datastore.
 */
export async function keyPlaces(world: World): Promise<KeyPlace[]> {
  const hostKeys = world.vcenter.clusters().flatMap(({ hostKeyId }) => hostKeyId ?? []);
  const places: KeyPlace[] = [];
  for (const vm of world.vms.all().filter((each) => each.encrypted)) places.push(...(await placesOfVm(world, vm)));
  for (const id of hostKeys) {
    places.push({
      key: `host key ${shortId(id)}`,
      kms: inKms(world, id),
      vcenter: 'ID only',
      hosts: await inHosts(world, id),
      disk: '-',
    });
  }
  return places;
}

async function placesOfVm(world: World, vm: TrackedVm): Promise<KeyPlace[]> {
  const record = world.vcenter.vms().find((each) => each.uuid === vm.uuid);
  const id = record?.keyId ?? null;
  if (id === null) return [];
  const now = await world.vms.now(vm.name);
  const named = await namedInDescriptor(world, vm, id);
  const isHere = (name: string) => world.lab.vms[vm.name]?.host === name;
  const dekInMemory = now?.powerState === 'poweredOn' ? 'in use' : '-';
  return [
    {
      key: `KEK of ${vm.name} ${shortId(id)}`,
      kms: inKms(world, id),
      vcenter: 'ID only',
      hosts: await inHosts(world, id),
      disk: named ? 'ID only' : '-',
    },
    {
      key: `DEK of ${vm.name}`,
      kms: '-',
      vcenter: '-',
      hosts: world.lab.hosts.map((name) => (isHere(name) ? dekInMemory : '-')),
      disk: named ? `sealed by ${shortId(id)}` : '-',
    },
  ];
}

function inKms(world: World, id: CryptoKeyId): string {
  if (!world.keyServers.holds(id.keyId)) return '-';
  return world.keyServers.serves(id.keyId) ? 'bytes' : 'bytes (off)';
}

async function inHosts(world: World, id: CryptoKeyId): Promise<string[]> {
  const cells: string[] = [];
  for (const name of world.lab.hosts) {
    const keys = await world.keysInMemory(name);
    cells.push(keys.some((key) => key.keyId === id.keyId) ? 'bytes' : '-');
  }
  return cells;
}

/** Says whether the disk's descriptor on the datastore names this KEK and holds a DEK that it sealed. */
async function namedInDescriptor(world: World, vm: TrackedVm, id: CryptoKeyId): Promise<boolean> {
  const folder = `${world.folder.datastores}/${world.lab.datastore}/${vm.name}`;
  const path = `${folder}/${vm.name}.vmdk`;
  try {
    const text = decodeText(await readWhole(world.files, path, DESCRIPTOR_BYTES_MAX), path);
    const { header } = parseDescriptor(text, path);
    // In the locator's grammar every other than letters and digits may be escaped, so compare without them.
    const plain = (value: string) => value.replaceAll(/%[0-9a-f]{2}/gi, '').replaceAll(/[^A-Za-z0-9]/g, '');
    return header.has('encryptionkeys') && plain(header.get('keyid') ?? '').includes(plain(id.keyId));
  } catch (error) {
    if (error instanceof FileError) return false;
    throw error;
  }
}
