import type { CryptoKeyId, FileErrorCode } from '@vcryptsim/ports';

/** Every refusal of a host, as code and fields. The names in brackets are the vSphere faults they become on a wire. */
export type HypervisorFault =
  | { readonly code: 'CANCELED' } // whoever asked for it asked to end it [RequestCanceled]
  | { readonly code: 'HOST_GONE' } // the host rebooted or crashed; this object speaks for an earlier boot
  | { readonly code: 'INVALID_STATE'; readonly state: string } // [InvalidState]
  | { readonly code: 'ALREADY_EXISTS'; readonly what: string } // [AlreadyExists]
  | { readonly code: 'NOT_SUPPORTED'; readonly what: string } // [NotSupported]
  | { readonly code: 'INVALID_ARGUMENT'; readonly what: string } // [InvalidArgument]
  | { readonly code: 'VM_NOT_FOUND'; readonly vm: string } // [ManagedObjectNotFound]
  | { readonly code: 'DISK_NOT_FOUND'; readonly disk: string }
  | { readonly code: 'SNAPSHOT_NOT_FOUND'; readonly vm: string; readonly snapshot: number } // [ManagedObjectNotFound]
  | { readonly code: 'SNAPSHOTS_PRESENT'; readonly vm: string } // what is not done while a VM has snapshots, or has them in branches [InvalidState]
  | { readonly code: 'MIXED_KEYS'; readonly disk: string } // links of one disk under different KEKs [vm.crypto.DiskchainUsingMixedKeys]
  | { readonly code: 'INVALID_POWER_STATE'; readonly existing: 'poweredOn' | 'poweredOff' | 'suspended' } // [InvalidPowerState]
  | { readonly code: 'VM_LOCKED'; readonly vm: string; readonly requiredKeys: readonly CryptoKeyId[] } // [EncryptionKeyRequired]
  | { readonly code: 'DISK_KEY_MISSING'; readonly disk: string; readonly requiredKeys: readonly CryptoKeyId[] }
  | { readonly code: 'KEY_NOT_IN_CACHE'; readonly requiredKeys: readonly CryptoKeyId[] } // [msg.vigor.enc.keyNotFound]
  | { readonly code: 'VM_ENCRYPTED'; readonly vm: string } // to be encrypted once more [InvalidVmConfig configSpec.enc.encrypted]
  | { readonly code: 'VM_NOT_ENCRYPTED'; readonly vm: string } // to be recrypted or decrypted [InvalidVmConfig configSpec.enc.notEncrypted]
  | { readonly code: 'DISK_ENCRYPTED'; readonly disk: string } // [InvalidDeviceOperation deviceSpec.enc.encrypted]
  | { readonly code: 'DISK_NOT_ENCRYPTED'; readonly disk: string } // [InvalidDeviceOperation deviceSpec.enc.notEncrypted]
  | { readonly code: 'ENCRYPTED_DISK_ON_PLAIN_VM'; readonly disk: string } // [configSpec.enc.mismatch]
  | { readonly code: 'BUNDLE_TAMPERED'; readonly file: string } // the MAC does not fit, or the text is no key locator
  | { readonly code: 'BUNDLE_MISSING'; readonly file: string } // taken out of the file, though what it opens is sealed
  | { readonly code: 'ENVELOPE_TAMPERED'; readonly file: string } // a sealed VM file (NVRAM, saved state) of which a MAC does not fit
  | { readonly code: 'DESCRIPTOR_MISMATCH'; readonly file: string; readonly field: string } // clear text and sealed copy differ
  | { readonly code: 'RECORD_TAMPERED'; readonly file: string } // the journal of a rewrite in place does not open, or is not this VM's
  | { readonly code: 'FILE_INACCESSIBLE'; readonly file: string; readonly reason: FileErrorCode } // [InaccessibleDatastore]: the medium failed, not the file
  | { readonly code: 'FILE_LOCKED'; readonly file: string; readonly holder: string } // [FileLocked]
  | { readonly code: 'FILE_LOCK_LOST'; readonly file: string }
  | { readonly code: 'FILE_DAMAGED'; readonly file: string; readonly line?: number; readonly what: string }
  | { readonly code: 'OUT_OF_RANGE'; readonly disk: string } // sectors beyond the end
  | { readonly code: 'NO_SPACE'; readonly path: string }
  | { readonly code: 'DATASTORE_NOT_WRITABLE'; readonly path: string };

export type HypervisorErrorCode = HypervisorFault['code'];

/** A refusal by a host. `fault` carries code and fields; `message` is a sentence with the next step. */
export class HypervisorError<Fault extends HypervisorFault = HypervisorFault> extends Error {
  override readonly name = 'HypervisorError';
  readonly code: Fault['code'];
  constructor(
    readonly fault: Fault,
    message: string,
  ) {
    super(message);
    this.code = fault.code;
  }
}
