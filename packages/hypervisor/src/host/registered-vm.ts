import type { CryptoKeyId, VmName, VmUuid } from '@vcryptsim/ports';
import type { HypervisorError, HypervisorErrorCode } from '../api/errors.js';
import { invalidPowerState } from '../api/faults.js';
import { type DatastorePath, formatDatastorePath } from '../datastore/datastore-path.js';
import { Lane } from '../disk/lane.js';
import type { KeySource } from '../vm-home/opener.js';
import { keyIdsOf, type VmConfig } from '../vm-home/vm-config.js';
import type { RunningVm } from './running-vm.js';

/** A VM in a host's inventory, with what the host knows of it in this boot. */
export class RegisteredVm {
  /** Operations on this VM, one after the other. */
  readonly lane = new Lane();
  /** As its files were last read; null while they could not be. */
  config: VmConfig | null = null;
  /** Why they could not be read or opened, or null. */
  damage: HypervisorErrorCode | null = null;
  /** The same as a sentence, with file, line and next step. */
  problem: string | null = null;
  /** Set while the medium fails: nothing is known of the files then. */
  inaccessible: HypervisorError | null = null;
  /** Set while powered on. */
  running: RunningVm | null = null;
  /** Whether the VM-home key was missing when that was last looked at; a running VM never locks. */
  locked = false;

  constructor(
    readonly uuid: VmUuid,
    readonly path: DatastorePath,
    /** The name at registration, for while the files cannot be read. */
    readonly registeredName: VmName,
  ) {}

  get name(): VmName {
    return this.config?.name ?? this.registeredName;
  }

  /** `[datastore] folder/name.vmx` */
  get shown(): string {
    return formatDatastorePath(this.path);
  }

  /** Every key that the files name and the cache lacks. */
  missingKeys(keys: KeySource): readonly CryptoKeyId[] {
    return this.config === null ? [] : keyIdsOf(this.config).filter((id) => !keys.has(id));
  }

  /** Throws INVALID_POWER_STATE while the VM is powered on. */
  checkPoweredOff(): void {
    if (this.running !== null) throw invalidPowerState(this.name, 'poweredOn');
  }
}
