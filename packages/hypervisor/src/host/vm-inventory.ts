import { exists, type FileSystem, readWhole, replaceFile, type VmUuid } from '@vcryptsim/ports';
import { fileFault } from '../datastore/file-fault.js';
import { TEXT_FILE_LIMIT_BYTES } from '../formats/text-lines.js';
import { InventoryList } from './inventory-list.js';
import type { RegisteredVm } from './registered-vm.js';

const FILE_NAME = 'vmInventory.vmls';

/**
 * The VMs that a host has registered, and the one file of its own: `vmInventory.vmls` in the host's folder, a text
 * dictionary (see vmx.ts) that outlives reboots and names files only, never keys:
 *
 * ```
 * .encoding = "UTF-8"
 * vmlist1.config = "[datastore] folder/name.vmx"
 * vmlist1.uuid = "0b6f..."
 * vmlist1.displayName = "web-01"
 * ```
 *
 * It is replaced whole (write beside, fsync, rename), so a cut leaves the old list or the new one. Lines that cannot be
 * read are kept as they are; see inventory-list.ts.
 */
export class VmInventory {
  readonly #files: FileSystem;
  readonly #path: string;
  #list: InventoryList;
  #vms: ReadonlyMap<VmUuid, RegisteredVm>;

  private constructor(files: FileSystem, path: string, list: InventoryList) {
    this.#files = files;
    this.#path = path;
    this.#list = list;
    this.#vms = byUuid(list);
  }

  /**
   * Reads the inventory of a host's folder; a host that never registered a VM has none.
   *
   * @throws HypervisorError FILE_INACCESSIBLE, FILE_DAMAGED (it is no file, or too large to be one)
   */
  static async load(files: FileSystem, folder: string): Promise<VmInventory> {
    const path = `${folder}/${FILE_NAME}`;
    try {
      if (!(await exists(files, path))) return new VmInventory(files, path, InventoryList.empty(path));
      const bytes = await readWhole(files, path, TEXT_FILE_LIMIT_BYTES);
      return new VmInventory(files, path, InventoryList.read(bytes, path));
    } catch (error) {
      throw fileFault(error, path, 'read');
    }
  }

  /** Lines of the file that could not be read when it was loaded. */
  get badLines(): readonly number[] {
    return this.#list.badLines;
  }

  get(uuid: VmUuid): RegisteredVm | undefined {
    return this.#vms.get(uuid);
  }

  /** In the order of registration. */
  all(): readonly RegisteredVm[] {
    return [...this.#vms.values()];
  }

  /** Adds a VM; durable when the promise resolves, unchanged when it rejects. */
  async add(vm: RegisteredVm): Promise<void> {
    await this.#save(this.#list.with(vm));
  }

  /** Takes a VM out; durable when the promise resolves, unchanged when it rejects. */
  async remove(uuid: VmUuid): Promise<void> {
    const vm = this.get(uuid);
    if (vm !== undefined) await this.#save(this.#list.without(vm));
  }

  async #save(list: InventoryList): Promise<void> {
    try {
      await replaceFile(this.#files, this.#path, list.toBytes());
    } catch (error) {
      await this.#takeBack().catch(() => {});
      throw fileFault(error, this.#path, 'write');
    }
    this.#list = list;
    this.#vms = byUuid(list);
  }

  /** The failed call may have been the one after the rename: then the new list stands there already. */
  async #takeBack(): Promise<void> {
    const before = this.#list.toBytes();
    if (!(await exists(this.#files, this.#path))) return;
    const standing = await readWhole(this.#files, this.#path, TEXT_FILE_LIMIT_BYTES);
    if (Buffer.compare(standing, before) !== 0) await replaceFile(this.#files, this.#path, before);
  }
}

function byUuid(list: InventoryList): ReadonlyMap<VmUuid, RegisteredVm> {
  return new Map(list.vms.map((vm) => [vm.uuid, vm]));
}
