import type { HostName, MoRef, VmName, VmUuid } from '@vcryptsim/ports';
import type { DatastoreRecord, HostRecord, PolicyId, RecordOf, VmRecord } from '../database/schema.js';

/** Tables whose records stand in the inventory tree. */
export type TreeTable = 'folders' | 'datacenters' | 'computeResources' | 'hosts' | 'datastores' | 'vms';

/**
 * The objects of the inventory by what is asked of them, so that no question walks all of them. It follows the database:
 * a record is noted when it is durable, and forgotten when its drop is.
 */
export class InventoryIndex {
  readonly #places = new Sets<string, MoRef>();
  readonly #hostsByName = new Map<HostName, MoRef<'HostSystem'>>();
  readonly #hostsByParent = new Sets<MoRef, MoRef<'HostSystem'>>();
  readonly #datastoresByParent = new Sets<MoRef, MoRef<'Datastore'>>();
  readonly #vmsByUuid = new Map<VmUuid, MoRef<'VirtualMachine'>>();
  readonly #vmsByName = new Sets<VmName, MoRef<'VirtualMachine'>>();
  readonly #vmsByHost = new Sets<MoRef, MoRef<'VirtualMachine'>>();
  /** VM homes and disks. */
  readonly #policyUses = new Map<PolicyId, number>();

  /** Whether an object has others of its kind with one name in it. */
  isTaken(table: TreeTable, parent: MoRef, name: string): boolean {
    return this.#places.of(placeOf(table, { parent, name })).size > 0;
  }

  hostNamed(name: HostName): MoRef<'HostSystem'> | null {
    return this.#hostsByName.get(name) ?? null;
  }

  hostsOf(parent: MoRef): ReadonlySet<MoRef<'HostSystem'>> {
    return this.#hostsByParent.of(parent);
  }

  datastoresOf(parent: MoRef): ReadonlySet<MoRef<'Datastore'>> {
    return this.#datastoresByParent.of(parent);
  }

  vmOf(uuid: VmUuid): MoRef<'VirtualMachine'> | null {
    return this.#vmsByUuid.get(uuid) ?? null;
  }

  /** VMs of one name, whatever folder they are in. */
  vmsNamed(name: VmName): ReadonlySet<MoRef<'VirtualMachine'>> {
    return this.#vmsByName.of(name);
  }

  vmsOn(host: MoRef): ReadonlySet<MoRef<'VirtualMachine'>> {
    return this.#vmsByHost.of(host);
  }

  /** How many VM homes and disks have a policy. */
  usesOf(policy: PolicyId): number {
    return this.#policyUses.get(policy) ?? 0;
  }

  note<Table extends TreeTable>(table: Table, record: RecordOf<Table>): void {
    this.#places.add(placeOf(table, record), record.id);
  }

  noteHost(host: HostRecord): void {
    this.note('hosts', host);
    this.#hostsByName.set(host.name, host.id);
    this.#hostsByParent.add(host.parent, host.id);
  }

  noteDatastore(datastore: DatastoreRecord): void {
    this.note('datastores', datastore);
    this.#datastoresByParent.add(datastore.parent, datastore.id);
  }

  noteVm(vm: VmRecord): void {
    this.note('vms', vm);
    this.#vmsByUuid.set(vm.uuid, vm.id);
    this.#vmsByName.add(vm.name, vm.id);
    this.#vmsByHost.add(vm.host, vm.id);
    this.#countPolicies(vm, 1);
  }

  forgetVm(vm: VmRecord): void {
    this.#places.delete(placeOf('vms', vm), vm.id);
    this.#vmsByUuid.delete(vm.uuid);
    this.#vmsByName.delete(vm.name, vm.id);
    this.#vmsByHost.delete(vm.host, vm.id);
    this.#countPolicies(vm, -1);
  }

  #countPolicies(vm: VmRecord, by: 1 | -1): void {
    for (const { policy } of [vm, ...vm.disks]) {
      if (policy !== null) this.#policyUses.set(policy, this.usesOf(policy) + by);
    }
  }
}

/** Sets by key; an empty one takes no room. */
class Sets<Key, Value> {
  readonly #sets = new Map<Key, Set<Value>>();

  of(key: Key): ReadonlySet<Value> {
    return this.#sets.get(key) ?? new Set();
  }

  add(key: Key, value: Value): void {
    const known = this.#sets.get(key);
    if (known) known.add(value);
    else this.#sets.set(key, new Set([value]));
  }

  delete(key: Key, value: Value): void {
    const known = this.#sets.get(key);
    known?.delete(value);
    if (known?.size === 0) this.#sets.delete(key);
  }
}

function placeOf(table: TreeTable, { parent, name }: { readonly parent: MoRef | null; readonly name: string }): string {
  return JSON.stringify([table, parent, name]);
}
