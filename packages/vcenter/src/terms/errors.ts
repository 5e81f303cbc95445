import type { CryptoKeyId, HostName, KeyServerName, ProviderId } from '@vcryptsim/ports';

/** What one key server of a provider answered when a step failed there. */
export interface ServerFailure {
  readonly server: KeyServerName;
  /** Code of the network, of the certificate check, of the KMIP client, or the KMIP result reason. */
  readonly code: string;
}

/**
 * Every refusal of a vCenter, as code and fields. The names in brackets are the vSphere faults they become on a wire.
 * Refusals of a host inside a task keep the host's own code (HypervisorFault).
 */
export type VCenterFault =
  | { readonly code: 'VCENTER_STOPPED' }
  | { readonly code: 'INVALID_LOGIN'; readonly user: string } // [InvalidLogin]
  | {
      readonly code: 'NO_PERMISSION'; // [NoPermission]
      readonly user: string;
      readonly privilege: string;
      readonly object: string;
      readonly name: string;
    }
  | { readonly code: 'METHOD_NOT_FOUND'; readonly method: string; readonly since: string } // [MethodNotFound]
  | { readonly code: 'INVALID_ARGUMENT'; readonly what: string; readonly messageKey?: string } // [InvalidArgument]
  | { readonly code: 'INVALID_STATE'; readonly state: string } // [InvalidState]
  | { readonly code: 'RESOURCE_IN_USE'; readonly what: string } // [ResourceInUse]
  | { readonly code: 'ALREADY_EXISTS'; readonly what: string } // [AlreadyExists, DuplicateName]
  | { readonly code: 'OBJECT_NOT_FOUND'; readonly object: string } // [ManagedObjectNotFound]
  | { readonly code: 'ROLE_NOT_FOUND'; readonly role: string } // [NotFound]
  | { readonly code: 'ROLE_SHIPPED'; readonly role: string } // [InvalidArgument]
  | { readonly code: 'AUTH_MINIMUM_ADMIN' } // [AuthMinimumAdmin]
  | { readonly code: 'PERMISSION_NOT_FOUND'; readonly user: string; readonly object: string } // [NotFound]
  | { readonly code: 'HOST_NOT_CONNECTED'; readonly host: HostName } // [HostNotConnected]
  | { readonly code: 'HOST_VERSION'; readonly host: HostName; readonly version: string } // [AgentInstallFailed]
  | { readonly code: 'HOST_NOT_CAPABLE'; readonly host: HostName; readonly version: string } // [NotSupported]
  | { readonly code: 'VM_LOCKED'; readonly vm: string; readonly requiredKeys: readonly CryptoKeyId[] } // [EncryptionKeyRequired]
  | { readonly code: 'INVALID_POWER_STATE'; readonly existing: 'poweredOn' | 'poweredOff' | 'suspended' } // [InvalidPowerState]
  | { readonly code: 'SNAPSHOTS_PRESENT'; readonly vm: string; readonly messageKey: string } // [InvalidVmConfig]
  | { readonly code: 'DISK_NOT_FOUND'; readonly disk: string } // [InvalidDeviceSpec]
  | { readonly code: 'VM_ENCRYPTED'; readonly vm: string; readonly messageKey: string } // [InvalidVmConfig]
  | { readonly code: 'VM_NOT_ENCRYPTED'; readonly vm: string; readonly messageKey: string } // [InvalidVmConfig]
  | { readonly code: 'ENCRYPTED_VM_NOT_SUPPORTED'; readonly vm: string; readonly messageKey: string } // [NotSupported]
  | { readonly code: 'DISK_ENCRYPTED'; readonly disk: string; readonly messageKey: string } // [InvalidDeviceOperation]
  | { readonly code: 'DISK_NOT_ENCRYPTED'; readonly disk: string; readonly messageKey: string } // [InvalidDeviceOperation]
  | { readonly code: 'ENCRYPTED_DISK_ON_PLAIN_VM'; readonly disk: string; readonly messageKey: string } // [InvalidDeviceSpec]
  | { readonly code: 'VCENTER_APPLIANCE'; readonly vm: string } // ours (row S18)
  | { readonly code: 'POLICY_NOT_FOUND'; readonly policy: string }
  | { readonly code: 'NOT_ENCRYPTED'; readonly vm: string } // [NotSupported]
  | { readonly code: 'NO_DEFAULT_PROVIDER' } // [InvalidState]
  | { readonly code: 'PROVIDER_NOT_FOUND'; readonly providerId: ProviderId }
  | { readonly code: 'SERVER_NOT_FOUND'; readonly providerId: ProviderId; readonly server: KeyServerName }
  | { readonly code: 'SERVER_NOT_TRUSTED'; readonly providerId: ProviderId; readonly server: KeyServerName }
  | { readonly code: 'SERVER_NOT_REACHABLE'; readonly providerId: ProviderId; readonly failure: ServerFailure }
  | { readonly code: 'CLIENT_CERTIFICATE_MISSING'; readonly providerId: ProviderId }
  | { readonly code: 'CLIENT_REQUEST_MISSING'; readonly providerId: ProviderId }
  | { readonly code: 'PASSWORD_MISSING'; readonly providerId: ProviderId; readonly server: KeyServerName } // QLC_ERR_VALUE_MISSING
  | {
      readonly code: 'KEY_GENERATION_FAILED';
      readonly providerId: ProviderId;
      readonly servers: readonly ServerFailure[];
    }
  | { readonly code: 'KEY_NOT_FOUND'; readonly keyId: CryptoKeyId }
  | { readonly code: 'KEY_NOT_ACTIVE'; readonly keyId: CryptoKeyId; readonly state: string }
  | {
      readonly code: 'KMS_CLUSTER_ERROR';
      readonly keyId: CryptoKeyId;
      readonly servers: readonly ServerFailure[];
      /** Whether any server spoke KMIP with us: then the trouble may be with this key alone. */
      readonly answered: boolean;
    }
  | { readonly code: 'KEY_PUSH_FAILED'; readonly host: HostName; readonly keyId: CryptoKeyId; readonly reason: string }
  | { readonly code: 'REQUEST_CANCELED'; readonly task: string } // [RequestCanceled]
  | { readonly code: 'INTERRUPTED' } // the task was running when vCenter stopped
  | { readonly code: 'DATABASE_DAMAGED'; readonly file: string; readonly what: string }
  | { readonly code: 'DATABASE_UNWRITABLE'; readonly file: string } // nothing can be kept
  | { readonly code: 'DATABASE_OLD'; readonly file: string } // of an earlier release
  | { readonly code: 'VECS_DAMAGED'; readonly file: string };

export type VCenterErrorCode = VCenterFault['code'];

/** A refusal by vCenter. `fault` carries code and fields; `message` is a sentence with the next step. */
export class VCenterError<Fault extends VCenterFault = VCenterFault> extends Error {
  override readonly name = 'VCenterError';
  readonly code: Fault['code'];
  constructor(
    readonly fault: Fault,
    message: string,
  ) {
    super(message);
    this.code = fault.code;
  }
}

/**
 * Code of whatever a port or a package below threw, or null when it is a mistake of ours, which must not be caught.
 * Every coded error here carries `code`: NetworkError, ClockError, KmipClientError, PkiError, HypervisorError, VCenterError.
 */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  // Node's own programming errors have a code too (ERR_INVALID_ARG_TYPE); they are bugs like an assertion.
  return error.code.startsWith('ERR_') ? null : error.code;
}
