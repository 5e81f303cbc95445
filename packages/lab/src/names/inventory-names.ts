import type { MoRef, VmName } from '@vcryptsim/ports';
import {
  DATASTORE_DEFAULT,
  type DatacenterRecord,
  type PolicyRecord,
  ROOT_FOLDER,
  type RoleRecord,
  type TaskRecord,
  type VCenter,
  type VmRecord,
} from '@vcryptsim/vcenter';
import { LabError } from '../errors/lab-error.js';

/** One object that a name can mean. */
interface Candidate<Ref extends string> {
  readonly id: Ref;
  readonly name: string;
}

/** An object in the tree. */
interface Placed extends Candidate<MoRef> {
  readonly parent: MoRef | null;
}

/** Which of a datacenter's folders is meant where a datacenter stands for one of them. */
export type FolderKind = 'vm' | 'host' | 'datastore' | 'datacenter';

/** Names that are listed when one is not known. */
const KNOWN_SHOWN = 10;

/**
 * What the names that people write mean in one vCenter, looked up at this moment. An object may be written by its name,
 * by its path (`/dc-1/host/cluster-1/esx-1`), or by its reference (`host-10`), which a name that occurs twice needs.
 *
 * Every look-up throws LabError NAME_NOT_FOUND, NAME_AMBIGUOUS; for a VM VM_NOT_CREATED in place of the first.
 */
export class InventoryNames {
  readonly #vcenter: VCenter;

  constructor(vcenter: VCenter) {
    this.#vcenter = vcenter;
  }

  vm(text: string): VmRecord {
    const byRef = this.#vcenter.vm(text as MoRef<'VirtualMachine'>);
    if (byRef) return byRef;
    const named = this.#vcenter.vmsNamed((text.split('/').at(-1) ?? text) as VmName);
    const found = text.startsWith('/') ? named.filter(({ id }) => this.pathOf(id) === text) : named;
    if (found.length === 0) {
      throw new LabError('VM_NOT_CREATED', `VM ${text} does not exist in vCenter. Create or register it first.`);
    }
    return onlyOne('VM', text, found, found, ({ id }) => `${this.pathOf(id)} (${id})`);
  }

  host(text: string): MoRef<'HostSystem'> {
    return this.#one('host', text, this.#vcenter.hosts()).id;
  }

  cluster(text: string): MoRef<'ClusterComputeResource'> {
    const clusters = this.#vcenter.computeResources().filter(({ id }) => id.startsWith('domain-c'));
    return this.#one('cluster', text, clusters).id as MoRef<'ClusterComputeResource'>;
  }

  datacenter(text: string): DatacenterRecord {
    return this.#one('datacenter', text, this.#vcenter.datacenters());
  }

  /**
   * A folder. A datacenter stands for its folder of that kind; where none is named it is that of the datacenter in which
   * `near` is, or of the only one that there is.
   */
  folder(text: string | undefined, kind: FolderKind, near?: MoRef): MoRef<'Folder'> {
    if (kind === 'datacenter' && (text === undefined || text === '/')) return ROOT_FOLDER;
    const datacenters = this.#vcenter.datacenters();
    if (text !== undefined) {
      const [datacenter, ...more] = this.#matches(text, datacenters);
      if (datacenter && more.length === 0) return folderOf(datacenter, kind);
      return this.#one('folder', text, this.#vcenter.folders()).id;
    }
    const above = near === undefined ? [] : this.#above(near).map(String);
    const [only, ...others] = datacenters.filter(({ id }) => near === undefined || above.includes(id));
    if (only && others.length === 0) return folderOf(only, kind);
    throw severalDatacenters(datacenters.map(({ name }) => name));
  }

  /** Any object of the inventory on which a permission can be; `/` is the root folder. */
  object(text: string): MoRef {
    return text === '/' ? ROOT_FOLDER : this.#one('object', text, this.#tree()).id;
  }

  role(text: string): RoleRecord {
    const roles = this.#vcenter.roles();
    const found = roles.filter(({ id, name }) => name === text || String(id) === text);
    return onlyOne('role', text, found, roles, ({ id, name }) => `${name} (${id})`);
  }

  policy(text: string): PolicyRecord {
    const policies = this.#vcenter.policies();
    const found = policies.filter(({ id, name }) => name === text || id === text);
    if (text === DATASTORE_DEFAULT) {
      throw new LabError(
        'NAME_NOT_FOUND',
        `${DATASTORE_DEFAULT} is no policy with rules; it cannot be changed or checked.`,
      );
    }
    return onlyOne('storage policy', text, found, policies, ({ id, name }) => `${name} (${id})`);
  }

  /** A task by its reference, or the newest of a method that is not over. */
  task(text: string): MoRef<'Task'> {
    const tasks = this.#vcenter.tasks();
    const live = tasks.filter(({ name, state }) => name === text && (state === 'queued' || state === 'running'));
    const found = tasks.filter(({ id }) => id === text);
    const newest: readonly TaskRecord[] = found.length > 0 ? found : live.slice(-1);
    return onlyOne('task', text, newest, tasks.slice(-KNOWN_SHOWN), ({ id, name }) => `${id} (${name})`).id;
  }

  /** The path of an object: `/dc-1/host/cluster-1/esx-1`; `/` for the root folder. */
  pathOf(id: string): string {
    const tree = this.#containers();
    const nameOf = (each: MoRef) =>
      this.#vcenter.vm(each as MoRef<'VirtualMachine'>)?.name ?? tree.get(each)?.name ?? each;
    const below = this.#above(id as MoRef).filter((each) => each !== ROOT_FOLDER);
    return `/${below.map(nameOf).reverse().join('/')}`;
  }

  /** An object and all above it, the object first. */
  #above(id: MoRef): readonly MoRef[] {
    const tree = this.#containers();
    const path: MoRef[] = [];
    const vm = this.#vcenter.vm(id as MoRef<'VirtualMachine'>);
    if (vm) path.push(vm.id);
    for (let at = tree.get(vm ? vm.parent : id); at; at = at.parent === null ? undefined : tree.get(at.parent)) {
      path.push(at.id);
    }
    return path;
  }

  /** Everything of the tree but VMs, which are many. */
  #containers(): ReadonlyMap<MoRef, Placed> {
    const vcenter = this.#vcenter;
    const all: readonly Placed[] = [
      ...vcenter.folders(),
      ...vcenter.datacenters(),
      ...vcenter.computeResources(),
      ...vcenter.hosts(),
      ...vcenter.datastores(),
    ];
    return new Map(all.map((each) => [each.id, each]));
  }

  #tree(): readonly Placed[] {
    return [...this.#containers().values(), ...this.#vcenter.vms()];
  }

  #one<Ref extends string, Found extends Candidate<Ref>>(what: string, text: string, all: readonly Found[]): Found {
    return onlyOne(what, text, this.#matches(text, all), all, ({ id }) => `${this.pathOf(id)} (${id})`);
  }

  #matches<Found extends Candidate<string>>(text: string, all: readonly Found[]): readonly Found[] {
    if (text.startsWith('/')) return all.filter(({ id }) => this.pathOf(id) === text);
    const byRef = all.filter(({ id }) => id === text);
    return byRef.length > 0 ? byRef : all.filter(({ name }) => name === text);
  }
}

function folderOf(datacenter: DatacenterRecord, kind: FolderKind): MoRef<'Folder'> {
  if (kind === 'datacenter') return ROOT_FOLDER;
  return { vm: datacenter.vmFolder, host: datacenter.hostFolder, datastore: datacenter.datastoreFolder }[kind];
}

function onlyOne<Found extends { readonly name: string }>(
  what: string,
  text: string,
  found: readonly Found[],
  all: readonly Found[],
  shown: (each: Found) => string,
): Found {
  const [first] = found;
  if (first && found.length === 1) return first;
  if (first) {
    const which = found.map(shown).join(', ');
    throw new LabError(
      'NAME_AMBIGUOUS',
      `There are ${found.length} of the name '${text}': ${which}. Write the one that is meant so.`,
    );
  }
  const known = all.slice(0, KNOWN_SHOWN).map(({ name }) => name);
  const more = all.length > KNOWN_SHOWN ? ` and ${all.length - KNOWN_SHOWN} more` : '';
  const there = known.length === 0 ? 'There is none.' : `There are: ${known.join(', ')}${more}.`;
  throw new LabError('NAME_NOT_FOUND', `vCenter knows no ${what} '${text}'. ${there}`);
}

function severalDatacenters(names: readonly string[]): LabError {
  const which =
    names.length === 0 ? 'There is no datacenter yet.' : `Name one of the datacenters: ${names.join(', ')}.`;
  return new LabError('NAME_AMBIGUOUS', `It is not said in which folder. ${which}`);
}
