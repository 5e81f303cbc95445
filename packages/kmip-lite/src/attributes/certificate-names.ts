import { asBytes, asText } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { field, fields } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { bytes, item, text } from '../ttlv/values.js';

/** Issuer and serial number in DER, as 1.1 tells them (KMIP 1.1 section 3.10). */
export interface X509Identifier {
  readonly issuerDistinguishedName: Uint8Array;
  readonly certificateSerialNumber: Uint8Array;
}

/** A distinguished name in DER and alternative names in DER, as 1.1 tells them (sections 3.11 and 3.12). */
export interface X509Name {
  readonly distinguishedName: Uint8Array;
  readonly alternativeNames: readonly Uint8Array[];
}

/** Issuer and serial number as text, as 1.0 tells them (section 3.13). */
export interface CertificateIdentifier {
  readonly issuer: string;
  readonly serialNumber?: string | undefined;
}

/** A distinguished name and alternative names as text, as 1.0 tells them (sections 3.14 and 3.15). */
export interface CertificateName {
  readonly distinguishedName: string;
  readonly alternativeNames: readonly string[];
}

/** `{ Issuer Distinguished Name Byte String, Certificate Serial Number Byte String }`. */
export const x509IdentifierCodec: StructureCodec<X509Identifier> = {
  encode: (identifier) => [
    item(Tag.IssuerDistinguishedName, bytes(identifier.issuerDistinguishedName)),
    item(Tag.CertificateSerialNumber, bytes(identifier.certificateSerialNumber)),
  ],
  decode: (reader) => ({
    issuerDistinguishedName: reader.required(Tag.IssuerDistinguishedName, asBytes),
    certificateSerialNumber: reader.required(Tag.CertificateSerialNumber, asBytes),
  }),
};

function x509NameCodec(distinguishedNameTag: number, alternativeNameTag: number): StructureCodec<X509Name> {
  return {
    encode: (name) => [
      item(distinguishedNameTag, bytes(name.distinguishedName)),
      ...fields(alternativeNameTag, name.alternativeNames, bytes),
    ],
    decode: (reader) => ({
      distinguishedName: reader.required(distinguishedNameTag, asBytes),
      alternativeNames: reader.all(alternativeNameTag, asBytes),
    }),
  };
}

function certificateNameCodec(
  distinguishedNameTag: number,
  alternativeNameTag: number,
): StructureCodec<CertificateName> {
  return {
    encode: (name) => [
      item(distinguishedNameTag, text(name.distinguishedName)),
      ...fields(alternativeNameTag, name.alternativeNames, text),
    ],
    decode: (reader) => ({
      distinguishedName: reader.required(distinguishedNameTag, asText),
      alternativeNames: reader.all(alternativeNameTag, asText),
    }),
  };
}

/** `{ Subject Distinguished Name Byte String, Subject Alternative Name* Byte String }`. */
export const x509SubjectCodec = x509NameCodec(Tag.SubjectDistinguishedName, Tag.SubjectAlternativeName);
/** `{ Issuer Distinguished Name Byte String, Issuer Alternative Name* Byte String }`. */
export const x509IssuerCodec = x509NameCodec(Tag.IssuerDistinguishedName, Tag.IssuerAlternativeName);
/** `{ Certificate Subject Distinguished Name Text, Certificate Subject Alternative Name* Text }`. */
export const certificateSubjectCodec = certificateNameCodec(
  Tag.CertificateSubjectDistinguishedName,
  Tag.CertificateSubjectAlternativeName,
);
/** `{ Certificate Issuer Distinguished Name Text, Certificate Issuer Alternative Name* Text }`. */
export const certificateIssuerCodec = certificateNameCodec(
  Tag.CertificateIssuerDistinguishedName,
  Tag.CertificateIssuerAlternativeName,
);
/** `{ Issuer Text, Serial Number? Text }`. */
export const certificateIdentifierCodec: StructureCodec<CertificateIdentifier> = {
  encode: (identifier) => [
    item(Tag.Issuer, text(identifier.issuer)),
    ...field(Tag.SerialNumber, identifier.serialNumber, text),
  ],
  decode: (reader) => ({
    issuer: reader.required(Tag.Issuer, asText),
    serialNumber: reader.optional(Tag.SerialNumber, asText),
  }),
};
