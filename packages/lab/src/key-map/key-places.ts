import { type CryptoKeyId, formatKeyId, type HostName, sameKeyId } from '@vcryptsim/ports';
import type { TrackedVm } from '../guests/virtual-machines.js';
import { searchFolders } from '../needles/search-files.js';
import type { KeyAtServer } from '../racks/key-servers.js';
import { formatDuration } from '../topology/duration.js';
import type { World } from '../world/world.js';
import { shortId } from './key-names.js';
import { type KeysInFiles, keysInFiles } from './keys-in-files.js';

/** Nothing of the key is there. */
const NOTHING = '-';

/** Where one key is now, in words. */
export interface KeyPlace {
  readonly key: string;
  /** At each key server, in the provider's order: `bytes`, `destroyed`, `never replicated`, `gone (2 s ago)` ... */
  readonly servers: readonly string[];
  readonly vcenter: string;
  /** In the memory of each host, in the lab's order. */
  readonly hosts: readonly string[];
  readonly disk: string;
}

/** What was looked at for one table. */
interface Looked {
  readonly world: World;
  readonly files: ReadonlyMap<string, KeysInFiles | null>;
  /** IDs in each host's cache; null of a host that is down. */
  readonly caches: readonly (readonly CryptoKeyId[] | null)[];
  /** IDs in vCenter's database. */
  readonly database: readonly CryptoKeyId[];
  /** Whether key bytes of any kind are in vCenter's folder, and DEKs at the key servers. */
  readonly bytesInVcenter: boolean;
  readonly deksAtServers: boolean;
}

/**
 * Looks where each key of the world is at this moment: asks the store of each key server of ours (of one outside its
 * last answer is told, with its age), vCenter's database, each host's cache, and reads the VMs' files.
 */
export async function keyPlaces(world: World): Promise<KeyPlace[]> {
  const looked = await look(world);
  const rows: KeyPlace[] = [];
  const told = new Set<string>();
  const addKek = async (id: CryptoKeyId, name: string) => {
    if (told.has(formatKeyId(id))) return;
    told.add(formatKeyId(id));
    rows.push(await placeOfKek(looked, id, `${name} ${shortId(id)}`));
  };
  for (const vm of world.vms.all().filter((each) => each.encrypted)) {
    for (const id of keksOf(looked, vm)) await addKek(id, `KEK of ${vm.name}`);
    rows.push(await placeOfDek(looked, vm));
  }
  for (const { hostKeyId } of world.vcenter.computeResources())
    if (hostKeyId !== null) await addKek(hostKeyId, 'host key');
  for (const id of looked.caches.flatMap((cache) => cache ?? [])) await addKek(id, 'key');
  return rows;
}

async function look(world: World): Promise<Looked> {
  const { vcenter, folder, needles } = world;
  const caches: (readonly CryptoKeyId[] | null)[] = [];
  for (const name of world.hosts.names()) caches.push((await world.hosts.up(name)?.listKeys()) ?? null);
  const inVcenter = await searchFolders(world.files, needles.of('kek', 'dek'), [folder.vcenter]);
  const atServers = await searchFolders(world.files, needles.of('dek'), [folder.kms]);
  return {
    world,
    files: await keysInFiles(world.files, folder.datastores),
    caches,
    database: [
      ...vcenter.vms().flatMap(({ keyId, disks }) => [keyId, ...disks.map((disk) => disk.keyId)]),
      ...vcenter.computeResources().map(({ hostKeyId }) => hostKeyId),
    ].filter((id) => id !== null),
    bytesInVcenter: inVcenter.length > 0,
    deksAtServers: atServers.length > 0 || world.wireWatch.hasSeen('no-dek-unsealed'),
  };
}

/** Every KEK that the VM's files or vCenter's record of it name. */
function keksOf({ world, files }: Looked, { uuid }: TrackedVm): readonly CryptoKeyId[] {
  const record = world.vcenter.vms().find((each) => each.uuid === uuid);
  const inFiles = files.get(uuid);
  const named = [
    inFiles?.home ?? [],
    ...(inFiles?.disks ?? []),
    record?.keyId ?? [],
    ...(record?.disks.map(({ keyId }) => keyId) ?? []),
  ];
  return named.flat().filter((id) => id !== null);
}

async function placeOfKek(looked: Looked, id: CryptoKeyId, key: string): Promise<KeyPlace> {
  const { world, caches, database, files } = looked;
  const isThere = (ids: readonly CryptoKeyId[]) => ids.some((one) => sameKeyId(one, id));
  const inFiles = [...files.values()].flatMap((vm) => [...(vm?.home ?? []), ...(vm?.disks.flat() ?? [])]);
  const servers: string[] = [];
  for (const node of world.keyServers.names()) servers.push(atServer(await world.keyServers.look(node, id.keyId)));
  return {
    key,
    servers,
    vcenter: looked.bytesInVcenter ? 'BYTES' : isThere(database) ? 'ID only' : NOTHING,
    hosts: caches.map((cache) => (cache === null ? 'down' : isThere(cache) ? 'bytes' : NOTHING)),
    disk: isThere(inFiles) ? 'ID only' : NOTHING,
  };
}

async function placeOfDek(looked: Looked, { name, uuid }: TrackedVm): Promise<KeyPlace> {
  const { world, files } = looked;
  const hosts: string[] = [];
  for (const host of world.hosts.names()) hosts.push(await inMemory(world, host, uuid));
  const sealedBy = files.get(uuid)?.disks.flat().map(shortId) ?? [];
  return {
    key: `DEK of ${name}`,
    servers: world.keyServers.names().map(() => (looked.deksAtServers ? 'BYTES' : NOTHING)),
    vcenter: looked.bytesInVcenter ? 'BYTES' : NOTHING,
    hosts,
    disk:
      files.get(uuid) === null
        ? 'damaged'
        : sealedBy.length === 0
          ? NOTHING
          : `sealed by ${[...new Set(sealedBy)].join(', ')}`,
  };
}

/** A host has the DEKs of a VM in memory while it runs it. */
async function inMemory(world: World, name: HostName, uuid: string): Promise<string> {
  const host = world.hosts.up(name);
  if (host === null) return 'down';
  const vm = (await host.vms()).find((each) => each.uuid === uuid);
  return vm?.powerState === 'poweredOn' ? 'in use' : NOTHING;
}

/** `bytes`, `bytes (off)`, `gone (2 s ago)`, `unknown (unreachable)` ... */
function atServer({ has, ageMs, reach }: KeyAtServer): string {
  const about = [
    ...(ageMs === null ? [] : [ageMs < 1_000 ? 'just now' : `${formatDuration(ageMs)} ago`]),
    ...(reach === 'reachable' ? [] : [reach]),
  ].join(', ');
  const what = has === 'nothing' ? NOTHING : has;
  return about === '' ? what : `${what} (${about})`;
}

/** The places as a table's head and rows. */
export function keyTable(world: World, places: readonly KeyPlace[]): string[][] {
  const memories = world.hosts.names().map((name) => `${name} RAM`);
  const head = ['where each key is', ...world.keyServers.names(), 'vCenter', ...memories, 'disk'];
  return [head, ...places.map(({ key, servers, vcenter, hosts, disk }) => [key, ...servers, vcenter, ...hosts, disk])];
}
