import { exists, type FileSystem, readWhole, replaceFile, type VmName, type VmUuid } from '@vcryptsim/ports';
import { parseDatastorePath } from '../datastore/datastore-path.js';
import { fileFault } from '../datastore/file-fault.js';
import { fileDamaged } from '../faults.js';
import { decodeText, TEXT_FILE_LIMIT_BYTES } from '../formats/text-lines.js';
import { isUuid } from '../formats/vmware-uuid.js';
import { Vmx } from '../formats/vmx.js';
import { RegisteredVm } from '../vm/registered-vm.js';

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
 * It is replaced whole (write beside, fsync, rename), so a cut leaves the old list or the new one.
 */
export class VmInventory {
  readonly #files: FileSystem;
  readonly #path: string;
  #vms: ReadonlyMap<VmUuid, RegisteredVm>;

  private constructor(files: FileSystem, path: string, vms: readonly RegisteredVm[]) {
    this.#files = files;
    this.#path = path;
    this.#vms = new Map(vms.map((vm) => [vm.uuid, vm]));
  }

  /**
   * Reads the inventory of a host's folder; a host that never registered a VM has none.
   *
   * @throws HypervisorError FILE_DAMAGED
   */
  static async load(files: FileSystem, folder: string): Promise<VmInventory> {
    const path = `${folder}/${FILE_NAME}`;
    try {
      if (!(await exists(files, path))) return new VmInventory(files, path, []);
      const text = decodeText(await readWhole(files, path, TEXT_FILE_LIMIT_BYTES), path);
      return new VmInventory(files, path, readList(Vmx.parse(text, path), path));
    } catch (error) {
      throw fileFault(error, path, 'read');
    }
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
    await this.#save([...this.all(), vm]);
  }

  /** Takes a VM out; durable when the promise resolves, unchanged when it rejects. */
  async remove(uuid: VmUuid): Promise<void> {
    await this.#save(this.all().filter((vm) => vm.uuid !== uuid));
  }

  async #save(vms: readonly RegisteredVm[]): Promise<void> {
    try {
      await replaceFile(this.#files, this.#path, composeList(vms));
    } catch (error) {
      await this.#takeBack().catch(() => {});
      throw fileFault(error, this.#path, 'write');
    }
    this.#vms = new Map(vms.map((vm) => [vm.uuid, vm]));
  }

  /** The failed call may have been the one after the rename: then the new list stands there already. */
  async #takeBack(): Promise<void> {
    const before = composeList(this.all());
    if (!(await exists(this.#files, this.#path))) return;
    const standing = await readWhole(this.#files, this.#path, TEXT_FILE_LIMIT_BYTES);
    if (Buffer.compare(standing, before) !== 0) await replaceFile(this.#files, this.#path, before);
  }
}

function composeList(vms: readonly RegisteredVm[]): Uint8Array {
  const list = Vmx.create();
  vms.forEach((vm, index) => {
    list.set(`vmlist${index + 1}.config`, vm.shown);
    list.set(`vmlist${index + 1}.uuid`, vm.uuid);
    list.set(`vmlist${index + 1}.displayName`, vm.registeredName);
  });
  return new TextEncoder().encode(list.toText());
}

function readList(list: Vmx, file: string): RegisteredVm[] {
  const vms: RegisteredVm[] = [];
  for (let number = 1; ; number += 1) {
    const key = `vmlist${number}`;
    const config = list.get(`${key}.config`);
    if (config === undefined) return vms;
    const uuid = list.get(`${key}.uuid`) ?? '';
    if (!isUuid(uuid)) throw fileDamaged(file, `${key}.uuid is missing or no UUID`, list.lineOf(`${key}.uuid`));
    const path = parseDatastorePath(config);
    vms.push(new RegisteredVm(uuid as VmUuid, path, (list.get(`${key}.displayName`) ?? path.folder) as VmName));
  }
}
