import { KmipError, type ResultReason } from '@vcryptsim/kmip-lite';
import { KmsError, type KmsErrorCode } from './errors.js';

/**
 * What a client is told of each refusal: the only mapping from our errors to KMIP (KMIP 1.1 section 11; facts/kmip.md
 * section 1.5). Refusals of the server itself never reach an answer.
 */
const REASONS: Readonly<Partial<Record<KmsErrorCode, readonly [ResultReason, string]>>> = {
  OBJECT_NOT_FOUND: ['ItemNotFound', 'There is no such object.'],
  USER_NOT_OWNER: ['PermissionDenied', 'The object belongs to another user.'],
  CREDENTIAL_REFUSED: ['AuthenticationNotSuccessful', 'User name and password do not match.'],
  WRONG_STATE: ['PermissionDenied', "The object's state does not allow this."],
  OBJECT_ARCHIVED: ['ObjectArchived', 'The object is archived.'],
  NO_STATE: ['IllegalOperation', 'Objects of this type have no state.'],
  NO_USAGE_LIMITS: ['IllegalOperation', 'The object has no usage limits.'],
  USAGE_EXHAUSTED: ['PermissionDenied', 'The usage limits do not allow that much.'],
  NAME_TAKEN: ['InvalidField', 'Another object has this name.'],
  OFFSET_WITH_DATES: ['InvalidMessage', 'An offset and dates exclude each other.'],
  CORRELATION_UNKNOWN: ['ItemNotFound', 'There is no such pending operation.'],
  NOT_A_KEY: ['IllegalOperation', 'That object is not a key that can be used so.'],
  WRAPPING_KEY_REFUSED: ['PermissionDenied', 'The wrapping key is not active or not for wrapping.'],
  ENCODING_OPTION: ['EncodingOptionError', 'Attributes can be wrapped with TTLV encoding only.'],
  ATTRIBUTE_READ_ONLY: ['PermissionDenied', 'Only the server sets this attribute.'],
  ATTRIBUTE_EXISTS: ['IllegalOperation', 'The object has this attribute already.'],
  ATTRIBUTE_INVALID: ['InvalidField', 'This attribute cannot have this name, value or index.'],
  ATTRIBUTE_ABSENT: ['InvalidField', 'The object does not have this attribute.'],
  ATTRIBUTE_NOT_FOUND: ['ItemNotFound', 'The object does not have this attribute.'],
  INSTANCE_NOT_FOUND: ['ItemNotFound', 'The object does not have this instance of the attribute.'],
  ATTRIBUTE_REPEATED: ['InvalidMessage', 'An attribute is named twice.'],
  TEMPLATE_NOT_FOUND: ['ItemNotFound', 'There is no such template.'],
  INDEX_OUT_OF_BOUNDS: ['IndexOutOfBounds', 'There are too many instances of this attribute.'],
  MATERIAL_NOT_WRAPPABLE: ['CryptographicFailure', 'This cipher does not take material of this length.'],
  NAMESPACE_NOT_SUPPORTED: ['ApplicationNamespaceNotSupported', 'The server makes no data for this namespace.'],
  OPERATION_CANCELED: ['OperationCanceledByRequester', 'The operation was canceled.'],
  FIELD_INVALID: ['InvalidField', 'A field cannot have this value.'],
  FIELD_MISSING: ['MissingData', 'A field or attribute that is needed is missing.'],
  KEY_FORMAT_NOT_SUPPORTED: ['KeyFormatTypeNotSupported', 'The object cannot be given in this key format.'],
  KEY_COMPRESSION_NOT_SUPPORTED: ['KeyCompressionTypeNotSupported', 'Keys are not compressed here.'],
  FEATURE_NOT_SUPPORTED: ['FeatureNotSupported', 'The server does not do this.'],
  STORE_FULL: ['GeneralFailure', 'The key server is full: it has no room for more.'],
  OBJECT_TOO_LARGE: ['GeneralFailure', 'The object is larger than the key server keeps.'],
  QUOTA_OBJECTS: ['PermissionDenied', 'Quota "objects": this client keeps as many objects as it may.'],
  QUOTA_BYTES: ['PermissionDenied', 'Quota "bytes": the objects of this client take as much room as they may.'],
  QUOTA_ATTRIBUTES: ['IndexOutOfBounds', 'Quota "attributes": an object has no more attributes than this.'],
  QUOTA_VALUE: ['InvalidField', 'Quota "value": an attribute is no longer than this.'],
  WORK_EXCEEDED: ['PermissionDenied', 'This message asks for more work than one message may; send several.'],
  STORE_UNWRITABLE: ['GeneralFailure', 'The server could not make the change durable.'],
};

/**
 * Turns what an operation threw into what its client is told: a reason and one of a fixed list of sentences, without
 * paths, identifiers or stacks. Anything that is no refusal of ours is returned as it is.
 */
export function asKmipError(error: unknown): unknown {
  // Its sentence is fixed too, but for the leader's name and the bound, which whoever may connect may know.
  if (error instanceof KmsError && error.code === 'NOT_LEADER') return new KmipError('PermissionDenied', error.message);
  if (error instanceof KmsError && error.code === 'COPY_TOO_OLD') return new KmipError('GeneralFailure', error.message);
  const answer = error instanceof KmsError ? REASONS[error.code] : undefined;
  return answer ? new KmipError(...answer) : error;
}
