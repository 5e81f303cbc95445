import { DurableLog, LogError, sha256Check } from '@vcryptsim/durable-log';
import { assert, type CryptoKeyId, exists, type FileSystem, type VmUuid } from '@vcryptsim/ports';
import type { DatastorePath } from '../datastore/datastore-path.js';
import { foreignInventory, inventoryDamaged, inventoryFault, leavesUnknown } from './inventory-fault.js';
import { decodeInventoryRecord, encodeInventoryRecord, type InventoryRecord } from './inventory-record.js';
import { RegisteredVm } from './registered-vm.js';
import { VmIndex } from './vm-index.js';
import { VmRevisions } from './vm-revisions.js';

const FILE_NAME = 'vmInventory.log';
/** The text file, replaced whole at each change, of versions before the log. */
const OLD_FILE_NAME = 'vmInventory.vmls';
const FORMAT = 'host inventory 1';

/** More records than twice the VMs and these on top are worth a new file. */
const SPARE_RECORDS = 64;

/**
 * The VMs that a host has registered, and the one file of its own: `vmInventory.log` in the host's folder, a durable log
 * (durable-log's log-format.ts) of the format `host inventory 1`, whose records are drawn in inventory-record.ts. Each
 * registration appends one record and each unregistration another, so a change costs the same whatever else is
 * registered; VMs stand in the order in which they came. Now and then the records of VMs that left are dropped, by a new
 * file that takes the old one's place.
 *
 * What becomes of a VM is noted here: by which key it is found, and as a change with a number of its own.
 *
 * The frames are bound by a hash, not by a key: it tells accidents. Whoever may write the host's folder may write another
 * inventory.
 */
export class VmInventory {
  readonly #path: string;
  readonly #log: DurableLog;
  readonly #vms = new Map<VmUuid, RegisteredVm>();
  /** The VMs by key, and the inaccessible ones. */
  readonly index = new VmIndex();
  /** What changed since when. */
  readonly revisions = new VmRevisions();
  /** Why it takes no change any more, or null. */
  #closed: unknown = null;

  private constructor(path: string, log: DurableLog, vms: Map<VmUuid, RegisteredVm>) {
    this.#path = path;
    this.#log = log;
    for (const vm of vms.values()) this.#enter(vm);
  }

  /**
   * Reads the inventory of a host's folder; a host that never had one gets an empty one. A last change that a cut left
   * unfinished was told to nobody and is dropped; anything else that is not what the host wrote is refused, and the file
   * stays as it is.
   *
   * @throws HypervisorError FILE_DAMAGED, FILE_INACCESSIBLE, DATASTORE_NOT_WRITABLE, NO_SPACE; NOT_SUPPORTED for the list
   *   of a version before the log, or of a later one
   */
  static async load(files: FileSystem, folder: string): Promise<VmInventory> {
    const path = `${folder}/${FILE_NAME}`;
    const vms = new Map<VmUuid, RegisteredVm>();
    try {
      await refuseOldList(files, folder, path);
      const { log } = await DurableLog.open({ files, path, format: FORMAT, check: sha256Check }, (bytes) => {
        if (!replay(vms, decodeInventoryRecord(bytes))) {
          throw inventoryDamaged(path, `after ${vms.size} virtual machines it holds a record that no host writes`);
        }
      });
      return new VmInventory(path, log, vms);
    } catch (error) {
      throw inventoryFault(error, path, 'read');
    }
  }

  get(uuid: VmUuid): RegisteredVm | undefined {
    return this.#vms.get(uuid);
  }

  /** In the order of registration. */
  all(): readonly RegisteredVm[] {
    return [...this.#vms.values()];
  }

  /**
   * False after a change was refused of which nobody knows whether the medium has it: no other is taken then, and the
   * next boot finds out.
   */
  get isKnown(): boolean {
    return this.#closed === null;
  }

  /** Throws FILE_INACCESSIBLE when no change is taken any more. */
  checkKnown(): void {
    if (this.#closed !== null) throw this.#closed;
  }

  /** Adds a VM; durable when the promise resolves, unchanged when it rejects, if {@link isKnown}. */
  async add(vm: RegisteredVm): Promise<void> {
    assert(!this.#vms.has(vm.uuid), 'a VM is registered once');
    await this.#append(entryOf(vm), () => this.#enter(vm));
  }

  /** Takes a VM out; durable when the promise resolves, unchanged when it rejects, if {@link isKnown}. */
  async remove(uuid: VmUuid): Promise<void> {
    const vm = this.#vms.get(uuid);
    assert(vm, 'only a registered VM is unregistered');
    await this.#append({ unregister: uuid }, () => this.#leave(vm));
    if (this.#log.recordCount <= 2 * this.#vms.size + SPARE_RECORDS) return;
    await this.compact().catch((error: unknown) => {
      // The change is durable; the old file stays, and the next change tries again.
      if (!(error instanceof LogError)) throw error;
    });
  }

  /** Notes that the VMX of a VM has another name; durable when the promise resolves, unchanged when it rejects, if {@link isKnown}. */
  async move(uuid: VmUuid, path: DatastorePath): Promise<void> {
    const vm = this.#vms.get(uuid);
    assert(vm, 'only a registered VM moves');
    await this.#append({ move: { uuid, path } }, () => vm.moveTo(path));
  }

  /** Notes that a key came into the cache or left it: what a look at the VMs that name it shows is another now. */
  noteKey(id: CryptoKeyId): void {
    for (const vm of this.index.naming([id])) this.revisions.note(vm.uuid, vm);
  }

  /** Drops the records of VMs that left. Throws LogError. */
  async compact(): Promise<void> {
    try {
      await this.#log.snapshot(() => this.all().map((vm) => encodeInventoryRecord(entryOf(vm))));
    } catch (error) {
      this.#noteUnknown(error);
      throw error;
    }
  }

  /** Ends its use; the next boot reads it again. */
  close(): Promise<void> {
    return this.#log.close();
  }

  #enter(vm: RegisteredVm): void {
    this.#vms.set(vm.uuid, vm);
    vm.onNote(() => this.#note(vm));
    this.#note(vm);
  }

  #leave(vm: RegisteredVm): void {
    this.#vms.delete(vm.uuid);
    vm.onNote(() => {});
    this.index.forget(vm);
    this.revisions.note(vm.uuid, null);
  }

  #note(vm: RegisteredVm): void {
    this.index.note(vm);
    this.revisions.note(vm.uuid, vm);
  }

  async #append(record: InventoryRecord, onDurable: () => void): Promise<void> {
    this.checkKnown();
    try {
      await this.#log.append(encodeInventoryRecord(record), onDurable);
    } catch (error) {
      this.#noteUnknown(error);
      throw inventoryFault(error, this.#path, 'write');
    }
  }

  #noteUnknown(error: unknown): void {
    if (leavesUnknown(error)) this.#closed ??= inventoryFault(error, this.#path, 'write');
  }
}

function entryOf(vm: RegisteredVm): InventoryRecord {
  return { register: { uuid: vm.uuid, path: vm.path, name: vm.registeredName } };
}

/** Applies a record; false when it cannot be one of this inventory. */
function replay(vms: Map<VmUuid, RegisteredVm>, record: InventoryRecord | null): boolean {
  if (record === null) return false;
  if ('unregister' in record) return vms.delete(record.unregister);
  if ('move' in record) {
    vms.get(record.move.uuid)?.moveTo(record.move.path);
    return vms.has(record.move.uuid);
  }
  const { uuid, path, name } = record.register;
  if (vms.has(uuid)) return false;
  vms.set(uuid, new RegisteredVm(uuid, path, name));
  return true;
}

/** A list of the old kind is never taken for a host without VMs. */
async function refuseOldList(files: FileSystem, folder: string, path: string): Promise<void> {
  const old = `${folder}/${OLD_FILE_NAME}`;
  if ((await exists(files, path)) || !(await exists(files, old))) return;
  throw foreignInventory(old, 'an earlier version wrote it, as a text that was replaced at each change');
}
