/** Why the key server cannot do something. The first group ends in a KMIP answer (result-reason.ts), the second does not. */
export type KmsErrorCode =
  // of an operation
  | 'OBJECT_NOT_FOUND' // no such object, or another client's: the two look alike
  | 'WRONG_STATE' // the state machine has no such transition
  | 'USER_NOT_OWNER' // created under another name of the header's credential
  | 'ATTRIBUTE_READ_ONLY' // only the server sets it
  | 'ATTRIBUTE_EXISTS' // single-valued and set already
  | 'ATTRIBUTE_INVALID' // a value, name or index that cannot be
  | 'ATTRIBUTE_REPEATED' // asked for twice
  | 'FIELD_INVALID' // a field of the request that cannot be
  | 'TEMPLATE_NOT_FOUND'
  | 'INDEX_OUT_OF_BOUNDS' // an attribute instance too many, or one that is not there
  | 'KEY_FORMAT_NOT_SUPPORTED'
  | 'KEY_COMPRESSION_NOT_SUPPORTED'
  | 'FEATURE_NOT_SUPPORTED'
  | 'STORE_UNWRITABLE' // the change could not be made durable, so it was not made
  // of the server
  | 'ROOT_KEY_MISSING'
  | 'ROOT_KEY_MALFORMED'
  | 'ROOT_KEY_WRONG'
  | 'STORE_DAMAGED'
  | 'AUDIT_DAMAGED'
  | 'CLIENT_UNKNOWN' // a certificate that nobody registered
  | 'CLIENT_NAME_INVALID'
  | 'CLIENT_NAME_TAKEN'
  | 'CLIENT_KEY_TAKEN' // that public key belongs to another client
  | 'TOO_MANY_CONNECTIONS';

/** Something the key server refused. The message is a sentence without key bytes; `nextStep` says what helps. */
export class KmsError extends Error {
  override readonly name = 'KmsError';
  constructor(
    readonly code: KmsErrorCode,
    message: string,
    readonly nextStep?: string,
  ) {
    super(message);
  }
}
