import { KmipError, type ResultReason } from '@vcryptsim/kmip-lite';
import { KmsError, type KmsErrorCode } from '../terms/errors.js';

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
  USE_REFUSED: ['PermissionDenied', 'The key may not be used so, or not now.'],
  CRYPTOGRAPHIC_PARAMETERS: ['InvalidField', 'The Cryptographic Parameters are missing or not served.'],
  IV_MISSING: ['InvalidMessage', 'The IV/Counter/Nonce is missing.'],
  CRYPTOGRAPHIC_FAILURE: ['CryptographicFailure', 'Data, IV, padding or tag do not fit.'],
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
 * Refusals that tell their own sentence, which names the field and the value that the client sent. The others have the
 * fixed sentence above: what they could add (whose an object is, where a file is) is not the client's to know.
 */
const TELLING: ReadonlySet<KmsErrorCode> = new Set([
  'ATTRIBUTE_READ_ONLY',
  'ATTRIBUTE_EXISTS',
  'ATTRIBUTE_INVALID',
  'ATTRIBUTE_ABSENT',
  'ATTRIBUTE_NOT_FOUND',
  'INSTANCE_NOT_FOUND',
  'INDEX_OUT_OF_BOUNDS',
  'FIELD_INVALID',
  'FIELD_MISSING',
  'KEY_FORMAT_NOT_SUPPORTED',
  'KEY_COMPRESSION_NOT_SUPPORTED',
  'FEATURE_NOT_SUPPORTED',
  'CRYPTOGRAPHIC_PARAMETERS',
  'USE_REFUSED',
  'IV_MISSING',
  'NOT_A_KEY',
]);
const SENTENCE_MAX = 256;

/**
 * Turns what an operation threw into what its client is told: a reason and a sentence without paths, stacks or other
 * clients' things. Anything that is no refusal of ours is returned as it is.
 */
export function asKmipError(error: unknown): unknown {
  // Its sentence is fixed too, but for the leader's name and the bound, which whoever may connect may know.
  if (error instanceof KmsError && error.code === 'NOT_LEADER') return new KmipError('PermissionDenied', error.message);
  if (error instanceof KmsError && error.code === 'COPY_TOO_OLD') return new KmipError('GeneralFailure', error.message);
  const answer = error instanceof KmsError ? REASONS[error.code] : undefined;
  if (!(error instanceof KmsError) || !answer) return error;
  const [reason, sentence] = answer;
  return new KmipError(reason, TELLING.has(error.code) ? error.message.slice(0, SENTENCE_MAX) : sentence);
}
