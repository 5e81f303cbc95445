import type { CryptoKeyId, VmName, VmUuid } from '@vcryptsim/ports';
import type { HypervisorError, HypervisorErrorCode } from '../api/errors.js';
import { invalidPowerState, notSupported } from '../api/faults.js';
import type { VmInfo } from '../api/vm.js';
import { type DatastorePath, formatDatastorePath } from '../datastore/datastore-path.js';
import { Lane } from '../disk/lane.js';
import type { KeySource } from '../vm-home/opener.js';
import { missingKeysOf, type VmConfig } from '../vm-home/vm-config.js';
import type { RunningVm } from './running-vm.js';

/** What a host knows of a VM in this boot. */
interface VmState {
  /** As its files were last read; null while they could not be. */
  readonly config: VmConfig | null;
  /** Why they could not be read or opened, or null. */
  readonly damage: HypervisorErrorCode | null;
  /** The same as a sentence, with file, line and next step. */
  readonly problem: string | null;
  /** Set while the medium fails: nothing is known of the files then. */
  readonly inaccessible: HypervisorError | null;
  /** Set while powered on. */
  readonly running: RunningVm | null;
  /** Whether the VM-home key was missing when that was last looked at; a running VM never locks. */
  readonly locked: boolean;
  /** Set for the rest of the boot where the medium failed while the VMX was replaced, see settle-vm.ts. */
  readonly isSettlingUnsafe: boolean;
}

/** A VM in a host's inventory, with what the host knows of it in this boot. Every change goes through {@link note}. */
export class RegisteredVm {
  /** Operations on this VM, one after the other. */
  readonly lane = new Lane();
  #state: VmState = {
    config: null,
    damage: null,
    problem: null,
    inaccessible: null,
    running: null,
    locked: false,
    isSettlingUnsafe: false,
  };
  #onNote: (vm: RegisteredVm) => void = () => {};
  #path: DatastorePath;

  constructor(
    readonly uuid: VmUuid,
    path: DatastorePath,
    /** The name at registration, for while the files cannot be read. */
    readonly registeredName: VmName,
  ) {
    this.#path = path;
  }

  /** Of its VMX. */
  get path(): DatastorePath {
    return this.#path;
  }

  /** Its VMX has another name from now on. */
  moveTo(path: DatastorePath): void {
    this.#path = path;
    this.#onNote(this);
  }

  /** Whether it is a template: its VMX is a `.vmtx`. */
  get isTemplate(): boolean {
    return this.#path.fileName.endsWith('.vmtx');
  }

  /** Throws NOT_SUPPORTED for a template. `what` is what is asked of it: `powered on`. */
  checkNoTemplate(what: string): void {
    if (!this.isTemplate) return;
    throw notSupported('template', `${this.name} is a template and is not ${what}. Make it a virtual machine first.`);
  }

  get config(): VmConfig | null {
    return this.#state.config;
  }

  get damage(): HypervisorErrorCode | null {
    return this.#state.damage;
  }

  get problem(): string | null {
    return this.#state.problem;
  }

  get inaccessible(): HypervisorError | null {
    return this.#state.inaccessible;
  }

  get running(): RunningVm | null {
    return this.#state.running;
  }

  get locked(): boolean {
    return this.#state.locked;
  }

  get isSettlingUnsafe(): boolean {
    return this.#state.isSettlingUnsafe;
  }

  /** Takes over what was seen of it or became of it, and tells its inventory. */
  note(seen: Partial<VmState>): void {
    this.#state = { ...this.#state, ...seen };
    this.#onNote(this);
  }

  /** Who is told of each {@link note}: the inventory that has it. */
  onNote(listener: (vm: RegisteredVm) => void): void {
    this.#onNote = listener;
  }

  get name(): VmName {
    return this.config?.name ?? this.registeredName;
  }

  /** `[datastore] folder/name.vmx` */
  get shown(): string {
    return formatDatastorePath(this.path);
  }

  /** The keys that the cache lacks and without which the files do not open. */
  missingKeys(keys: KeySource): readonly CryptoKeyId[] {
    return this.config === null ? [] : missingKeysOf(this.config, keys);
  }

  /** Powered on, off, or suspended: off with its memory saved, as the VMX says. */
  get powerState(): VmInfo['powerState'] {
    if (this.running !== null) return 'poweredOn';
    return (this.config?.stateFileName ?? null) === null ? 'poweredOff' : 'suspended';
  }

  /** Throws INVALID_POWER_STATE while the VM is powered on, and while it is suspended: its memory fits the disks as they are. */
  checkPoweredOff(): void {
    if (this.powerState !== 'poweredOff') throw invalidPowerState(this.name, this.powerState);
  }

  /** Throws INVALID_POWER_STATE while the VM is powered on. */
  checkNotRunning(): void {
    if (this.running !== null) throw invalidPowerState(this.name, 'poweredOn');
  }
}
