import type { CryptoErrorCode } from '@vcryptsim/crypto-core';
import type { HypervisorErrorCode } from '@vcryptsim/hypervisor/api';
import { ResultReason } from '@vcryptsim/kmip-lite';
import type { KmsErrorCode } from '@vcryptsim/kms';
import type { PkiErrorCode } from '@vcryptsim/pki';
import type { ClockErrorCode, FileErrorCode, NetworkErrorCode } from '@vcryptsim/ports';
import type { VCenterErrorCode } from '@vcryptsim/vcenter';
import type { RunErrorCode } from '../run/run-error.js';

/*
 * A scenario may expect any of these codes, and the linter must know them all. The compiler holds each list against
 * the union of its package: after a new code there, add a line here.
 */

const RUN: Record<RunErrorCode, true> = {
  VM_NOT_CREATED: true,
  DIGEST_MISMATCH: true,
  NOT_IN_TIME: true,
  BAD_IMAGE: true,
  BAD_CREDENTIALS: true,
  KEY_SERVER_UNUSABLE: true,
  NO_WAY_OUT: true,
  ENVIRONMENT: true,
  FOLDER_IN_USE: true,
  SECRET_FOUND: true,
  SECRET_NOT_FOUND: true,
  NEEDLE_NOT_FOUND: true,
};

const HOST: Record<HypervisorErrorCode, true> = {
  HOST_GONE: true,
  INVALID_STATE: true,
  ALREADY_EXISTS: true,
  NOT_SUPPORTED: true,
  INVALID_ARGUMENT: true,
  VM_NOT_FOUND: true,
  DISK_NOT_FOUND: true,
  INVALID_POWER_STATE: true,
  VM_LOCKED: true,
  DISK_KEY_MISSING: true,
  KEY_NOT_IN_CACHE: true,
  ENCRYPTED_DISK_ON_PLAIN_VM: true,
  BUNDLE_TAMPERED: true,
  BUNDLE_MISSING: true,
  ENVELOPE_TAMPERED: true,
  DESCRIPTOR_MISMATCH: true,
  FILE_INACCESSIBLE: true,
  FILE_LOCKED: true,
  FILE_DAMAGED: true,
  OUT_OF_RANGE: true,
  NO_SPACE: true,
  DATASTORE_NOT_WRITABLE: true,
};

const VCENTER: Record<VCenterErrorCode, true> = {
  VCENTER_STOPPED: true,
  INVALID_ARGUMENT: true,
  ALREADY_EXISTS: true,
  CLUSTER_NOT_FOUND: true,
  HOST_NOT_FOUND: true,
  HOST_NOT_CONNECTED: true,
  VM_NOT_FOUND: true,
  POLICY_NOT_FOUND: true,
  NOT_ENCRYPTED: true,
  NO_DEFAULT_PROVIDER: true,
  PROVIDER_NOT_FOUND: true,
  SERVER_NOT_FOUND: true,
  SERVER_NOT_TRUSTED: true,
  SERVER_NOT_REACHABLE: true,
  CLIENT_CERTIFICATE_MISSING: true,
  CLIENT_REQUEST_MISSING: true,
  PASSWORD_MISSING: true,
  KEY_GENERATION_FAILED: true,
  KEY_NOT_FOUND: true,
  KEY_NOT_ACTIVE: true,
  KMS_CLUSTER_ERROR: true,
  KEY_PUSH_FAILED: true,
  INTERRUPTED: true,
  DATABASE_DAMAGED: true,
  VECS_DAMAGED: true,
};

const KEY_SERVER: Record<KmsErrorCode, true> = {
  OBJECT_NOT_FOUND: true,
  OBJECT_ARCHIVED: true,
  NO_STATE: true,
  NO_USAGE_LIMITS: true,
  USAGE_EXHAUSTED: true,
  NAME_TAKEN: true,
  OFFSET_WITH_DATES: true,
  CORRELATION_UNKNOWN: true,
  CRYPTOGRAPHIC_FAILURE: true,
  IV_MISSING: true,
  CRYPTOGRAPHIC_PARAMETERS: true,
  USE_REFUSED: true,
  NOT_A_KEY: true,
  WRAPPING_KEY_REFUSED: true,
  ENCODING_OPTION: true,
  WRONG_STATE: true,
  USER_NOT_OWNER: true,
  ATTRIBUTE_READ_ONLY: true,
  ATTRIBUTE_EXISTS: true,
  ATTRIBUTE_INVALID: true,
  ATTRIBUTE_ABSENT: true,
  ATTRIBUTE_NOT_FOUND: true,
  INSTANCE_NOT_FOUND: true,
  ATTRIBUTE_REPEATED: true,
  MATERIAL_NOT_WRAPPABLE: true,
  NAMESPACE_NOT_SUPPORTED: true,
  OPERATION_CANCELED: true,
  FIELD_INVALID: true,
  FIELD_MISSING: true,
  TEMPLATE_NOT_FOUND: true,
  INDEX_OUT_OF_BOUNDS: true,
  KEY_FORMAT_NOT_SUPPORTED: true,
  KEY_COMPRESSION_NOT_SUPPORTED: true,
  FEATURE_NOT_SUPPORTED: true,
  CREDENTIAL_REFUSED: true,
  NOT_LEADER: true,
  QUOTA_OBJECTS: true,
  QUOTA_BYTES: true,
  QUOTA_ATTRIBUTES: true,
  QUOTA_VALUE: true,
  WORK_EXCEEDED: true,
  COPY_TOO_OLD: true,
  STORE_UNWRITABLE: true,
  STORE_FULL: true,
  OBJECT_TOO_LARGE: true,
  PKI_INCOMPLETE: true,
  ROOT_KEY_MISSING: true,
  ROOT_KEY_MALFORMED: true,
  ROOT_KEY_WRONG: true,
  STORE_DAMAGED: true,
  AUDIT_DAMAGED: true,
  FOLLOWER_STORE: true,
  LEADER_OTHER_STORE: true,
  LEADER_BEHIND: true,
  LINK_MALFORMED: true,
  LEADER_UNREADABLE: true,
  CLIENT_UNKNOWN: true,
  CLIENT_CHAIN_TOO_LONG: true,
  CLIENT_NAME_INVALID: true,
  CLIENT_NAME_TAKEN: true,
  CLIENT_KEY_TAKEN: true,
  CLIENT_AUTHORITY_TAKEN: true,
  CLIENT_CERTIFICATE_INVALID: true,
  CLIENT_PASSWORD_INVALID: true,
  CLIENT_PASSWORD_DAMAGED: true,
  CHANGE_UNFINISHED: true,
  UNEXPECTED: true,
  ADMIN_REQUEST_INVALID: true,
  BACKUP_DAMAGED: true,
  BACKUP_EXISTS: true,
  BACKUP_TOO_LARGE: true,
  FOLDER_NOT_EMPTY: true,
  TOO_MANY_CONNECTIONS: true,
};

const CERTIFICATE: Record<PkiErrorCode, true> = {
  NO_CERTIFICATE: true,
  UNKNOWN_ISSUER: true,
  EXPIRED: true,
  NOT_YET_VALID: true,
  REVOKED: true,
  WRONG_NAME: true,
  WRONG_USAGE: true,
  NAME_NOT_PERMITTED: true,
  RULE_NOT_UNDERSTOOD: true,
  MALFORMED: true,
};

const CRYPTO: Record<CryptoErrorCode, true> = {
  LENGTH: true,
  KEY_HALVES_EQUAL: true,
  UNIT_SIZE: true,
  UNIT_RANGE: true,
  LOCKED_DATA_MISMATCH: true,
  LOCKED_DATA_MALFORMED: true,
  ENVELOPE_MISMATCH: true,
  KEY_WRAP_MISMATCH: true,
  PARCEL_SPENT: true,
  DISPOSED: true,
  SELF_TEST_FAILED: true,
  WORKER_FAILED: true,
};

const FILES: Record<FileErrorCode, true> = {
  NOT_FOUND: true,
  EXISTS: true,
  NOT_PERMITTED: true,
  READ_ONLY: true,
  NO_SPACE: true,
  IS_LINK: true,
  LINK_LOOP: true,
  NOT_A_FILE: true,
  IS_FOLDER: true,
  NOT_A_FOLDER: true,
  NOT_EMPTY: true,
  TOO_MANY_OPEN: true,
  TOO_LARGE: true,
  CLOSED: true,
  IO: true,
};

const NETWORK: Record<NetworkErrorCode, true> = {
  REFUSED: true,
  UNREACHABLE: true,
  TLS_FAILED: true,
  RESET: true,
  CLOSED: true,
  ABORTED: true,
  ADDRESS_IN_USE: true,
  NOT_PERMITTED: true,
};

const CLOCK: Record<ClockErrorCode, true> = {
  TIMED_OUT: true,
  ABORTED: true,
  STUCK: true,
  HELD: true,
  BYTES_LOST: true,
};

const ALL = [RUN, HOST, VCENTER, KEY_SERVER, CERTIFICATE, CRYPTO, FILES, NETWORK, CLOCK, ResultReason];

/** Every code that a step can be refused with. */
export const ERROR_CODES: readonly string[] = [...new Set(ALL.flatMap((codes) => Object.keys(codes)))].sort();
