import { asEnumeration, asInteger } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { field, named } from '../message/write-fields.js';
import { RecommendedCurve } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { integer } from '../ttlv/values.js';

/** What a key pair is to be made over (KMIP 1.1 section 3.7). */
export interface CryptographicDomainParameters {
  /** Bits of Q (DSA, DH). */
  readonly qLengthBits?: number | undefined;
  readonly recommendedCurve?: RecommendedCurve | undefined;
}

/** `Cryptographic Domain Parameters { Qlength? Integer, Recommended Curve? Enumeration }`. */
export const cryptographicDomainParametersCodec: StructureCodec<CryptographicDomainParameters> = {
  encode: (parameters) => [
    ...field(Tag.Qlength, parameters.qLengthBits, integer),
    ...field(Tag.RecommendedCurve, parameters.recommendedCurve, named(RecommendedCurve)),
  ],
  decode: (fields) => ({
    qLengthBits: fields.optional(Tag.Qlength, asInteger),
    recommendedCurve: fields.optional(Tag.RecommendedCurve, asEnumeration(RecommendedCurve)),
  }),
};
