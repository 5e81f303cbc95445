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
export type { Link } from './attributes/link.js';
export type { Name } from './attributes/name.js';
export type { RevocationReason } from './attributes/revocation-reason.js';
export { attribute, attributeValue, firstValue, type StandardValue } from './attributes/standard-values.js';
export type { TemplateAttribute } from './attributes/template-attribute.js';
export type { UsageLimits } from './attributes/usage-limits.js';
export { KmipError, TtlvError, type TtlvErrorCode } from './errors.js';
export { defaultLimits, type Limits } from './limits.js';
export type { Credential } from './message/credential.js';
export { enumerationName, tagName } from './message/fields.js';
export {
  formatVersion,
  KMIP_1_0,
  KMIP_1_1,
  type ProtocolVersion,
  sameVersion,
  supportedVersions,
} from './message/protocol-version.js';
export type { KeyBlock, KeyValue } from './objects/key-block.js';
export type { KeyWrappingData, KeyWrappingSpecification, WrappingKeyInformation } from './objects/key-wrapping.js';
export type { ManagedObject } from './objects/managed-object.js';
export type { ActivateRequest, ActivateResponse } from './operations/activate.js';
export type { AddAttributeRequest, AddAttributeResponse } from './operations/add-attribute.js';
export type { CreateRequest, CreateResponse } from './operations/create.js';
export {
  answerDiscoverVersions,
  type DiscoverVersionsRequest,
  type DiscoverVersionsResponse,
} from './operations/discover-versions.js';
export type { GetRequest, GetResponse } from './operations/get.js';
export type { GetAttributesRequest, GetAttributesResponse } from './operations/get-attributes.js';
export type { RequestOf, ResponseOf, SpokenOperation } from './operations/operation-codecs.js';
export type { ExtensionInformation, QueryRequest, QueryResponse } from './operations/query.js';
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
