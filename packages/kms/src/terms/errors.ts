/** Why the key server cannot do something. The first group ends in a KMIP answer (result-reason.ts), the second does not. */
export type KmsErrorCode =
  // of an operation
  | 'OBJECT_NOT_FOUND' // no such object, or another client's: the two look alike
  | 'OBJECT_ARCHIVED' // its material is in the archive
  | 'NO_STATE' // objects of this type have no life cycle
  | 'NO_USAGE_LIMITS'
  | 'USAGE_EXHAUSTED' // its usage limits leave less than was asked for
  | 'NAME_TAKEN' // by another object of this client
  | 'OFFSET_WITH_DATES' // both say when the replacement begins
  | 'CORRELATION_UNKNOWN' // no pending operation of this client
  | 'NOT_A_KEY' // for wrapping
  | 'USE_REFUSED' // state, dates or usage mask of a key do not allow this use
  | 'CRYPTOGRAPHIC_PARAMETERS' // missing, or not served
  | 'IV_MISSING' // for a mode that needs one
  | 'CRYPTOGRAPHIC_FAILURE' // data that does not fit the cipher or the key
  | 'WRAPPING_KEY_REFUSED' // not active, or not for wrapping
  | 'ENCODING_OPTION'
  | 'WRONG_STATE' // the state machine has no such transition
  | 'USER_NOT_OWNER' // created under another name of the header's credential
  | 'ATTRIBUTE_READ_ONLY' // only the server sets it
  | 'ATTRIBUTE_EXISTS' // single-valued and set already
  | 'ATTRIBUTE_INVALID' // a value, name or index that cannot be
  | 'ATTRIBUTE_ABSENT' // to be modified, and not there
  | 'ATTRIBUTE_NOT_FOUND' // to be deleted, and not there
  | 'INSTANCE_NOT_FOUND' // of an attribute that is there
  | 'ATTRIBUTE_REPEATED' // asked for twice
  | 'MATERIAL_NOT_WRAPPABLE' // of a length that the cipher does not take
  | 'NAMESPACE_NOT_SUPPORTED' // the client wants Application Data made for it
  | 'OPERATION_CANCELED' // by Cancel, before it was begun
  | 'FIELD_INVALID' // a field of the request that cannot be
  | 'FIELD_MISSING' // a field or attribute that the operation cannot do without
  | 'TEMPLATE_NOT_FOUND'
  | 'INDEX_OUT_OF_BOUNDS' // an attribute instance too many, or one that is not there
  | 'KEY_FORMAT_NOT_SUPPORTED'
  | 'KEY_COMPRESSION_NOT_SUPPORTED'
  | 'FEATURE_NOT_SUPPORTED'
  | 'CREDENTIAL_REFUSED' // the header's user name and password are not the registered ones
  | 'NOT_LEADER' // this node follows another, which takes the changes
  | 'QUOTA_OBJECTS' // the client has as many objects as it may
  | 'QUOTA_BYTES' // its objects take as many bytes as they may
  | 'QUOTA_ATTRIBUTES' // the object has as many attributes as it may
  | 'QUOTA_VALUE' // an attribute's value is longer than it may
  | 'WORK_EXCEEDED' // a message asks for more work than one message may
  | 'COPY_TOO_OLD' // this node follows another, and its copy is older than it may be
  | 'STORE_UNWRITABLE' // the change could not be made durable, so it was not made
  | 'STORE_FULL' // there is no room for more under the store's own limit
  | 'OBJECT_TOO_LARGE' // for one write of the store
  // of the server
  | 'PKI_INCOMPLETE' // a certificate or key of the server's own was lost
  | 'ROOT_KEY_MISSING'
  | 'ROOT_KEY_MALFORMED'
  | 'ROOT_KEY_WRONG'
  | 'STORE_DAMAGED'
  | 'AUDIT_DAMAGED'
  | 'ANCHOR_MISMATCH' // the store is not the one, or not as far, as the file outside knows
  | 'ANCHOR_MALFORMED'
  | 'FOLDER_OPEN' // others than its owner may read or change it, and that was to be refused
  | 'FOLLOWER_STORE' // opened as a leader's
  | 'LEADER_OTHER_STORE' // the leader's store has another UUID than the one that was followed so far
  | 'LEADER_BEHIND' // the leader lacks writes that were copied from it
  | 'LINK_MALFORMED' // bytes between two nodes that mean nothing
  | 'LEADER_UNREADABLE' // it sent what no leader sends
  | 'CLIENT_UNKNOWN' // a certificate that nobody registered
  | 'CLIENT_CHAIN_TOO_LONG' // its certificates are larger than the limit
  | 'CLIENT_NAME_INVALID'
  | 'CLIENT_NAME_TAKEN'
  | 'CLIENT_KEY_TAKEN' // that public key belongs to another client
  | 'CLIENT_AUTHORITY_TAKEN' // that authority, or one above or below it, belongs to another client
  | 'CLIENT_CERTIFICATE_INVALID'
  | 'CLIENT_PASSWORD_INVALID'
  | 'CLIENT_PASSWORD_DAMAGED'
  | 'CHANGE_UNFINISHED' // an administrator's: written down, and finished by the next try or start
  | 'UNEXPECTED' // an error that nobody foresaw; it cost this one answer
  | 'ADMIN_REQUEST_INVALID' // no request of admin-request.ts
  | 'BACKUP_DAMAGED'
  | 'BACKUP_EXISTS' // something stands where it should go
  | 'BACKUP_TOO_LARGE' // for a tar file
  | 'FOLDER_NOT_EMPTY' // to restore into
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
