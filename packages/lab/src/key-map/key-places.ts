import { type CryptoKeyId, formatKeyId, type VmUuid } from '@vcryptsim/ports';
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

/** Everything that a table tells, looked at once. Keys by their `formatKeyId`. */
interface Looked {
  readonly vms: readonly LookedVm[];
  readonly hostKeys: readonly CryptoKeyId[];
  /** What each host has in memory; null of a host that is down. */
  readonly hosts: readonly (HostMemory | null)[];
  /** Keys that vCenter's database names. */
  readonly database: ReadonlySet<string>;
  /** Keys that files of VMs name. */
  readonly inFiles: ReadonlySet<string>;
  /** Whether key bytes of any kind are in vCenter's folder, and DEKs at the key servers. */
  readonly bytesInVcenter: boolean;
  readonly deksAtServers: boolean;
}

interface LookedVm {
  readonly name: string;
  readonly uuid: VmUuid;
  /** What its files say; null when they cannot be read. */
  readonly files: KeysInFiles | null | undefined;
  /** Every KEK that its files or vCenter's record of it name. */
  readonly keks: readonly CryptoKeyId[];
}

interface HostMemory {
  readonly keys: readonly CryptoKeyId[];
  readonly has: ReadonlySet<string>;
  /** VMs that it runs: it has their DEKs in memory. */
  readonly runs: ReadonlySet<VmUuid>;
}

/**
 * Looks where each key of the world is at this moment: asks the store of each key server of ours (of one outside its
 * last answer is told, with its age), vCenter's database, each host's cache, and reads the VMs' files. Each is looked at
 * once, so n keys cost n.
 */
export async function keyPlaces(world: World): Promise<KeyPlace[]> {
  const looked = await look(world);
  const names = new Map<string, { readonly id: CryptoKeyId; readonly name: string }>();
  const name = (id: CryptoKeyId, what: string) => {
    const key = formatKeyId(id);
    if (!names.has(key)) names.set(key, { id, name: `${what} ${shortId(id)}` });
  };
  for (const vm of looked.vms) for (const id of vm.keks) name(id, `KEK of ${vm.name}`);
  for (const id of looked.hostKeys) name(id, 'host key');
  for (const id of looked.hosts.flatMap((host) => host?.keys ?? [])) name(id, 'key');
  const keks = new Map<string, KeyPlace>();
  const atServers = await lookAtServers(
    world,
    [...names.values()].map(({ id }) => id.keyId),
  );
  for (const [at, [key, { name: shown }]] of [...names].entries()) {
    keks.set(
      key,
      placeOfKek(
        looked,
        key,
        shown,
        atServers.map((answers) => answers[at] ?? NOTHING),
      ),
    );
  }
  return [...inOrder(looked, keks, world.keyServers.names().length)];
}

/** The KEKs of each VM before its DEK, each once; then all others. */
function* inOrder(looked: Looked, keks: ReadonlyMap<string, KeyPlace>, servers: number): Iterable<KeyPlace> {
  const left = new Map(keks);
  for (const vm of looked.vms) {
    for (const key of vm.keks.map(formatKeyId)) {
      const place = left.get(key);
      if (place !== undefined) yield place;
      left.delete(key);
    }
    yield placeOfDek(looked, vm, servers);
  }
  yield* left.values();
}

async function look(world: World): Promise<Looked> {
  const { vcenter, folder, needles } = world;
  const files = await keysInFiles(world.files, folder.datastores);
  const records = new Map(vcenter.vms().map((vm) => [vm.uuid, [vm.keyId, ...vm.disks.map((disk) => disk.keyId)]]));
  const hostKeys = vcenter.computeResources().flatMap(({ hostKeyId }) => hostKeyId ?? []);
  const hosts: (HostMemory | null)[] = [];
  for (const host of world.hosts.names()) hosts.push(await memoryOf(world, host));
  const inVcenter = await searchFolders(world.files, needles.of('kek', 'dek'), [folder.vcenter]);
  const atServers = await searchFolders(world.files, needles.of('dek'), [folder.kms]);
  const vms = world.vms.all().map(({ name, uuid }) => {
    const said = files.get(uuid);
    const keks = [...(said?.home ?? []), ...(said?.disks.flat() ?? []), ...(records.get(uuid) ?? [])];
    return { name, uuid, files: said, keks: keks.filter((id) => id !== null) };
  });
  return {
    // Of a VM whose files cannot be read nobody knows that it is not encrypted.
    vms: vms.filter(({ keks, files: said }) => keks.length > 0 || said === null),
    hostKeys,
    hosts,
    database: setOf([...[...records.values()].flat(), ...hostKeys]),
    inFiles: setOf([...files.values()].flatMap((vm) => [...(vm?.home ?? []), ...(vm?.disks.flat() ?? [])])),
    bytesInVcenter: inVcenter.length > 0,
    deksAtServers: atServers.length > 0 || world.wireWatch.hasSeen('no-dek-unsealed'),
  };
}

async function memoryOf(world: World, name: string): Promise<HostMemory | null> {
  const host = world.hosts.up(name);
  if (host === null) return null;
  const keys = await host.listKeys();
  const running = (await host.vms()).filter(({ powerState }) => powerState === 'poweredOn');
  return { keys, has: setOf(keys), runs: new Set(running.map(({ uuid }) => uuid)) };
}

/** For each key server what it has of each key, in words. */
async function lookAtServers(world: World, keyIds: readonly string[]): Promise<string[][]> {
  const answers: string[][] = [];
  for (const node of world.keyServers.names()) {
    answers.push((await world.keyServers.look(node, keyIds)).map(atServer));
  }
  return answers;
}

function setOf(ids: readonly (CryptoKeyId | null)[]): Set<string> {
  return new Set(ids.flatMap((id) => (id === null ? [] : formatKeyId(id))));
}

function placeOfKek(looked: Looked, key: string, shown: string, servers: readonly string[]): KeyPlace {
  return {
    key: shown,
    servers,
    vcenter: looked.bytesInVcenter ? 'BYTES' : looked.database.has(key) ? 'ID only' : NOTHING,
    hosts: looked.hosts.map((host) => (host === null ? 'down' : host.has.has(key) ? 'bytes' : NOTHING)),
    disk: looked.inFiles.has(key) ? 'ID only' : NOTHING,
  };
}

function placeOfDek(looked: Looked, { name, uuid, files }: LookedVm, servers: number): KeyPlace {
  const sealedBy = new Set(files?.disks.flat().map(shortId));
  const sealed = sealedBy.size === 0 ? NOTHING : `sealed by ${[...sealedBy].join(', ')}`;
  return {
    key: `DEK of ${name}`,
    servers: Array.from({ length: servers }, () => (looked.deksAtServers ? 'BYTES' : NOTHING)),
    vcenter: looked.bytesInVcenter ? 'BYTES' : NOTHING,
    hosts: looked.hosts.map((host) => (host === null ? 'down' : host.runs.has(uuid) ? 'in use' : NOTHING)),
    disk: files === null ? 'damaged' : sealed,
  };
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
