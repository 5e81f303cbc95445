export type { AlternativeName } from './attributes/alternative-name.js';
export type { ApplicationSpecificInformation } from './attributes/application-specific-information.js';
export { type Attribute, attributeText, isStandard, textAttribute } from './attributes/attribute.js';
export type {
  CertificateIdentifier,
  CertificateName,
  X509Identifier,
  X509Name,
} from './attributes/certificate-names.js';
export { copyAttribute } from './attributes/copy-attribute.js';
export type { CryptographicDomainParameters } from './attributes/cryptographic-domain-parameters.js';
export type { CryptographicParameters } from './attributes/cryptographic-parameters.js';
export type { Digest } from './attributes/digest.js';
export type { KeyValueLocation } from './attributes/key-value-location.js';
export type { Link } from './attributes/link.js';
export type { Name } from './attributes/name.js';
export type { RevocationReason } from './attributes/revocation-reason.js';
export type { RngParameters } from './attributes/rng-parameters.js';
export { attribute, attributeValue, firstValue, type StandardValue } from './attributes/standard-values.js';
export type { TemplateAttribute } from './attributes/template-attribute.js';
export type { UsageLimits } from './attributes/usage-limits.js';
export { KmipError, TtlvError, type TtlvErrorCode } from './errors.js';
export { answerLimits, defaultLimits, type Limits, LOCATED_MAX } from './limits.js';
export type { Credential } from './message/credential.js';
export {
  formatVersion,
  KMIP_1_0,
  KMIP_1_1,
  KMIP_1_4,
  type ProtocolVersion,
  sameVersion,
  supportedVersions,
} from './message/protocol-version.js';
export { enumerationName, tagName } from './message/tag-names.js';
export { decodeKeyValue, encodeKeyValue, type KeyBlock, type KeyValue } from './objects/key-block.js';
export type { KeyWrappingData, KeyWrappingSpecification, WrappingKeyInformation } from './objects/key-wrapping.js';
export type { ManagedObject } from './objects/managed-object.js';
export {
  decodeTransparentKey,
  encodeTransparentKey,
  type TransparentEcPrivateKey,
  type TransparentEcPublicKey,
  type TransparentKey,
  type TransparentRsaPrivateKey,
  type TransparentRsaPublicKey,
  type TransparentSymmetricKey,
} from './objects/transparent-key.js';
export type { ActivateRequest, ActivateResponse } from './operations/activate.js';
export type { AddAttributeRequest, AddAttributeResponse } from './operations/add-attribute.js';
export type { ArchiveRequest, ArchiveResponse } from './operations/archive.js';
export type { CancelRequest, CancelResponse } from './operations/cancel.js';
export type { CheckRequest, CheckResponse } from './operations/check.js';
export type { CreateRequest, CreateResponse } from './operations/create.js';
export type { CreateKeyPairRequest, CreateKeyPairResponse, KeyPairTemplates } from './operations/create-key-pair.js';
export type { DecryptRequest, DecryptResponse } from './operations/decrypt.js';
export type { DeleteAttributeRequest, DeleteAttributeResponse } from './operations/delete-attribute.js';
export type { DestroyRequest, DestroyResponse } from './operations/destroy.js';
export {
  answerDiscoverVersions,
  type DiscoverVersionsRequest,
  type DiscoverVersionsResponse,
} from './operations/discover-versions.js';
export type { EncryptRequest, EncryptResponse } from './operations/encrypt.js';
export type { GetRequest, GetResponse } from './operations/get.js';
export type { GetAttributeListRequest, GetAttributeListResponse } from './operations/get-attribute-list.js';
export type { GetAttributesRequest, GetAttributesResponse } from './operations/get-attributes.js';
export type { GetUsageAllocationRequest, GetUsageAllocationResponse } from './operations/get-usage-allocation.js';
export type { HashRequest, HashResponse } from './operations/hash.js';
export type { LocateRequest, LocateResponse } from './operations/locate.js';
export type { MacRequest, MacResponse } from './operations/mac.js';
export type { MacVerifyRequest, MacVerifyResponse } from './operations/mac-verify.js';
export type { ModifyAttributeRequest, ModifyAttributeResponse } from './operations/modify-attribute.js';
export type { ObtainLeaseRequest, ObtainLeaseResponse } from './operations/obtain-lease.js';
export type { RequestOf, ResponseOf, SpokenOperation } from './operations/operation-codecs.js';
export type { PollRequest, PollResponse } from './operations/poll.js';
export type { CapabilityInformation, ExtensionInformation, QueryRequest, QueryResponse } from './operations/query.js';
export type { ReKeyRequest, ReKeyResponse } from './operations/re-key.js';
export type { ReKeyKeyPairRequest, ReKeyKeyPairResponse } from './operations/re-key-key-pair.js';
export type { RecoverRequest, RecoverResponse } from './operations/recover.js';
export type { RegisterRequest, RegisterResponse } from './operations/register.js';
export type { RevokeRequest, RevokeResponse } from './operations/revoke.js';
export type { RngRetrieveRequest, RngRetrieveResponse } from './operations/rng-retrieve.js';
export type { RngSeedRequest, RngSeedResponse } from './operations/rng-seed.js';
export type { SignRequest, SignResponse } from './operations/sign.js';
export type { SignatureVerifyRequest, SignatureVerifyResponse } from './operations/signature-verify.js';
export { unsupportedOperations } from './operations/unsupported-operations.js';
export { type StandardAttributeName, standardAttributes } from './spec/attributes.generated.js';
export * from './spec/enumerations.generated.js';
export { ItemType, Tag } from './spec/tags.generated.js';
export type { Item, Value } from './ttlv/item.js';
export { decodeTtlv } from './ttlv/reader.js';
export {
  bigInteger,
  boolean,
  bytes,
  dateTime,
  enumeration,
  integer,
  interval,
  item,
  longInteger,
  structure,
  text,
  textOf,
} from './ttlv/values.js';
export { encodeTtlv } from './ttlv/writer.js';
