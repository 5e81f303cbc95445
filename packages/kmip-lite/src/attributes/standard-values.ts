import type { ReadAs } from '../message/field-reader.js';
import { KMIP_1_4 } from '../message/protocol-version.js';
import { asBoolean, asDateTime, asEnumeration, asInteger, asInterval, asText } from '../message/read-as.js';
import { asStructureOf, type StructureCodec, structureOf } from '../message/structure-codec.js';
import { named } from '../message/write-fields.js';
import type { StandardAttributeName } from '../spec/attributes.generated.js';
import { standardAttributes } from '../spec/attributes.generated.js';
import {
  CertificateType,
  CryptographicAlgorithm,
  DigitalSignatureAlgorithm,
  ObjectType,
  State,
} from '../spec/enumerations.generated.js';
import type { Value } from '../ttlv/item.js';
import { boolean, dateTime, integer, interval, item, text } from '../ttlv/values.js';
import { alternativeNameCodec } from './alternative-name.js';
import { applicationSpecificInformationCodec } from './application-specific-information.js';
import type { Attribute } from './attribute.js';
import {
  certificateIdentifierCodec,
  certificateIssuerCodec,
  certificateSubjectCodec,
  x509IdentifierCodec,
  x509IssuerCodec,
  x509SubjectCodec,
} from './certificate-names.js';
import { cryptographicDomainParametersCodec } from './cryptographic-domain-parameters.js';
import { cryptographicParametersCodec } from './cryptographic-parameters.js';
import { digestCodec } from './digest.js';
import { keyValueLocationCodec } from './key-value-location.js';
import { linkCodec } from './link.js';
import { nameCodec } from './name.js';
import { revocationReasonCodec } from './revocation-reason.js';
import { randomNumberGeneratorCodec } from './rng-parameters.js';
import { usageLimitsCodec } from './usage-limits.js';

interface ValueCodec<T> {
  readonly make: (value: T) => Value;
  readonly readAs: ReadAs<T>;
}

const textValue: ValueCodec<string> = { make: text, readAs: asText };
const integerValue: ValueCodec<number> = { make: integer, readAs: asInteger };
const booleanValue: ValueCodec<boolean> = { make: boolean, readAs: asBoolean };
const dateValue: ValueCodec<number> = { make: dateTime, readAs: asDateTime };

function enumerationValue<Names extends Readonly<Record<string, number>>>(
  names: Names,
): ValueCodec<keyof Names & string> {
  return { make: named(names), readAs: asEnumeration(names) };
}

function structureValue<T>(codec: StructureCodec<T>): ValueCodec<T> {
  return { make: structureOf(codec), readAs: asStructureOf(codec) };
}

const codecs = {
  'Unique Identifier': textValue,
  Name: structureValue(nameCodec),
  'Object Type': enumerationValue(ObjectType),
  'Cryptographic Algorithm': enumerationValue(CryptographicAlgorithm),
  'Cryptographic Length': integerValue,
  'Cryptographic Parameters': structureValue(cryptographicParametersCodec),
  'Cryptographic Domain Parameters': structureValue(cryptographicDomainParametersCodec),
  'Certificate Type': enumerationValue(CertificateType),
  'Certificate Length': integerValue,
  'X.509 Certificate Identifier': structureValue(x509IdentifierCodec),
  'X.509 Certificate Subject': structureValue(x509SubjectCodec),
  'X.509 Certificate Issuer': structureValue(x509IssuerCodec),
  'Certificate Identifier': structureValue(certificateIdentifierCodec),
  'Certificate Subject': structureValue(certificateSubjectCodec),
  'Certificate Issuer': structureValue(certificateIssuerCodec),
  'Digital Signature Algorithm': enumerationValue(DigitalSignatureAlgorithm),
  Digest: structureValue(digestCodec),
  'Operation Policy Name': textValue,
  'Cryptographic Usage Mask': integerValue,
  'Lease Time': { make: interval, readAs: asInterval } satisfies ValueCodec<number>,
  'Usage Limits': structureValue(usageLimitsCodec),
  State: enumerationValue(State),
  'Initial Date': dateValue,
  'Activation Date': dateValue,
  'Process Start Date': dateValue,
  'Protect Stop Date': dateValue,
  'Deactivation Date': dateValue,
  'Destroy Date': dateValue,
  'Compromise Occurrence Date': dateValue,
  'Compromise Date': dateValue,
  'Revocation Reason': structureValue(revocationReasonCodec),
  'Archive Date': dateValue,
  'Object Group': textValue,
  Fresh: booleanValue,
  Link: structureValue(linkCodec),
  'Application Specific Information': structureValue(applicationSpecificInformationCodec),
  'Contact Information': textValue,
  'Last Change Date': dateValue,
  'Alternative Name': structureValue(alternativeNameCodec),
  'Key Value Present': booleanValue,
  'Key Value Location': structureValue(keyValueLocationCodec),
  'Original Creation Date': dateValue,
  'Random Number Generator': structureValue(randomNumberGeneratorCodec),
  'PKCS#12 Friendly Name': textValue,
  Description: textValue,
  Comment: textValue,
  Sensitive: booleanValue,
  'Always Sensitive': booleanValue,
  Extractable: booleanValue,
  'Never Extractable': booleanValue,
} as const satisfies Record<StandardAttributeName, unknown>;

/** For lookups by a name that is not known beforehand: an object of fifty properties is slow at that. */
const reading: ReadonlyMap<string, { readonly tag: number; readonly readAs: ReadAs<unknown> }> = new Map(
  Object.entries(codecs).map(([name, { readAs }]) => [
    name,
    { tag: standardAttributes[name as StandardAttributeName].tag, readAs },
  ]),
);

/** Type of a standard attribute's value: texts, names of enumerations, numbers; dates in seconds since 1970; structures. */
export type StandardValue<Name extends StandardAttributeName> =
  (typeof codecs)[Name] extends ValueCodec<infer T> ? T : never;

/**
 * Makes a standard attribute of a typed value.
 *
 * @param index leave it out for the first instance
 */
export function attribute<Name extends StandardAttributeName>(
  name: Name,
  value: StandardValue<Name>,
  index?: number,
): Attribute {
  const codec = codecs[name] as unknown as ValueCodec<StandardValue<Name>>;
  return { name, index: index === 0 ? undefined : index, value: codec.make(value) };
}

/**
 * Typed value of a standard attribute. Byte arrays in it are views.
 *
 * @param found an attribute of that name
 * @throws KmipError INVALID FIELD or INVALID MESSAGE for a value that the specification does not allow
 */
export function attributeValue<Name extends StandardAttributeName>(name: Name, found: Attribute): StandardValue<Name> {
  const { tag, readAs } = reading.get(name) as { readonly tag: number; readonly readAs: ReadAs<StandardValue<Name>> };
  return readAs(item(tag, found.value), KMIP_1_4);
}

/** Typed value of the first attribute of that name in a list, undefined if there is none. */
export function firstValue<Name extends StandardAttributeName>(
  name: Name,
  list: readonly Attribute[],
): StandardValue<Name> | undefined {
  const found = list.find((one) => one.name === name);
  return found === undefined ? undefined : attributeValue(name, found);
}
