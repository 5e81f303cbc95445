/**
 * Codes of vCenter's and hosts' refusals, and the faults of the vSphere API that they are: the names that an administrator
 * finds in the product's own messages and documents (the comments at VCenterFault and HypervisorFault).
 */
const FAULT_NAMES: ReadonlyMap<string, string> = new Map([
  ['NO_PERMISSION', 'NoPermission'],
  // A user whom nobody knows may do nothing, as one without a permission.
  ['INVALID_LOGIN', 'NoPermission'],
  ['METHOD_NOT_FOUND', 'MethodNotFound'],
  ['INVALID_ARGUMENT', 'InvalidArgument'],
  ['ROLE_SHIPPED', 'InvalidArgument'],
  ['INVALID_STATE', 'InvalidState'],
  ['NO_DEFAULT_PROVIDER', 'InvalidState'],
  ['INVALID_POWER_STATE', 'InvalidPowerState'],
  ['ALREADY_EXISTS', 'AlreadyExists'],
  ['RESOURCE_IN_USE', 'ResourceInUse'],
  ['OBJECT_NOT_FOUND', 'ManagedObjectNotFound'],
  ['VM_NOT_FOUND', 'ManagedObjectNotFound'],
  ['ROLE_NOT_FOUND', 'NotFound'],
  ['PERMISSION_NOT_FOUND', 'NotFound'],
  ['AUTH_MINIMUM_ADMIN', 'AuthMinimumAdminPermission'],
  ['HOST_NOT_CONNECTED', 'HostNotConnected'],
  ['HOST_NOT_CAPABLE', 'NotSupported'],
  ['NOT_SUPPORTED', 'NotSupported'],
  ['NOT_ENCRYPTED', 'NotSupported'],
  ['VM_LOCKED', 'EncryptionKeyRequired'],
  ['VM_ENCRYPTED', 'InvalidVmConfig'],
  ['VM_NOT_ENCRYPTED', 'InvalidVmConfig'],
  ['DISK_ENCRYPTED', 'InvalidDeviceOperation'],
  ['DISK_NOT_ENCRYPTED', 'InvalidDeviceOperation'],
  ['DISK_NOT_FOUND', 'InvalidDeviceSpec'],
  ['KEY_NOT_IN_CACHE', 'GenericVmConfigFault'],
  ['ENCRYPTED_DISK_ON_PLAIN_VM', 'InvalidDeviceSpec'],
  ['FILE_INACCESSIBLE', 'InaccessibleDatastore'],
  ['FILE_LOCKED', 'FileLocked'],
  ['FILE_LOCK_LOST', 'FileLocked'],
  ['NO_SPACE', 'NoDiskSpace'],
  ['REQUEST_CANCELED', 'RequestCanceled'],
  ['CANCELED', 'RequestCanceled'],
]);

/** Name of the product's fault where it has one for a code; else the code, which is ours. */
export function faultName(code: string): string {
  return FAULT_NAMES.get(code) ?? code;
}
