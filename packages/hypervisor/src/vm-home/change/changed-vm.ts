import type { OpenHome } from '../open-bundle.js';
import type { Sealer } from '../seal-dek.js';
import type { VmConfig } from '../vm-config.js';

/** A VM that is changed, as it was before, and what changing it needs of the host. */
export interface ChangedVm {
  readonly config: VmConfig;
  /** Open; null while the VM is plain. */
  readonly home: OpenHome | null;
  readonly sealer: Sealer;
}
