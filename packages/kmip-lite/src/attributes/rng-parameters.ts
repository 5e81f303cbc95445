import { asBoolean, asEnumeration, asInteger } from '../message/read-as.js';
import { asStructureOf, type StructureCodec, structureOf } from '../message/structure-codec.js';
import { field, named } from '../message/write-fields.js';
import {
  CryptographicAlgorithm,
  DRBGAlgorithm,
  FIPS186Variation,
  HashingAlgorithm,
  RecommendedCurve,
  RNGAlgorithm,
} from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { boolean, integer, item } from '../ttlv/values.js';

/** A random number generator (KMIP 1.3 section 2.1.18). */
export interface RngParameters {
  readonly rngAlgorithm: RNGAlgorithm;
  readonly cryptographicAlgorithm?: CryptographicAlgorithm | undefined;
  /** Bits. */
  readonly cryptographicLength?: number | undefined;
  readonly hashingAlgorithm?: HashingAlgorithm | undefined;
  readonly drbgAlgorithm?: DRBGAlgorithm | undefined;
  readonly recommendedCurve?: RecommendedCurve | undefined;
  readonly fips186Variation?: FIPS186Variation | undefined;
  readonly predictionResistance?: boolean | undefined;
}

/**
 * `RNG Parameters 4200d9 { RNG Algorithm, Cryptographic Algorithm?, Cryptographic Length?, Hashing Algorithm?,
 * DRBG Algorithm?, Recommended Curve?, FIPS186 Variation?, Prediction Resistance? }`
 */
export const rngParametersCodec: StructureCodec<RngParameters> = {
  encode: (rng) => [
    item(Tag.RNGAlgorithm, named(RNGAlgorithm)(rng.rngAlgorithm)),
    ...field(Tag.CryptographicAlgorithm, rng.cryptographicAlgorithm, named(CryptographicAlgorithm)),
    ...field(Tag.CryptographicLength, rng.cryptographicLength, integer),
    ...field(Tag.HashingAlgorithm, rng.hashingAlgorithm, named(HashingAlgorithm)),
    ...field(Tag.DRBGAlgorithm, rng.drbgAlgorithm, named(DRBGAlgorithm)),
    ...field(Tag.RecommendedCurve, rng.recommendedCurve, named(RecommendedCurve)),
    ...field(Tag.FIPS186Variation, rng.fips186Variation, named(FIPS186Variation)),
    ...field(Tag.PredictionResistance, rng.predictionResistance, boolean),
  ],
  decode: (fields) => ({
    rngAlgorithm: fields.required(Tag.RNGAlgorithm, asEnumeration(RNGAlgorithm)),
    cryptographicAlgorithm: fields.optional(Tag.CryptographicAlgorithm, asEnumeration(CryptographicAlgorithm)),
    cryptographicLength: fields.optional(Tag.CryptographicLength, asInteger),
    hashingAlgorithm: fields.optional(Tag.HashingAlgorithm, asEnumeration(HashingAlgorithm)),
    drbgAlgorithm: fields.optional(Tag.DRBGAlgorithm, asEnumeration(DRBGAlgorithm)),
    recommendedCurve: fields.optional(Tag.RecommendedCurve, asEnumeration(RecommendedCurve)),
    fips186Variation: fields.optional(Tag.FIPS186Variation, asEnumeration(FIPS186Variation)),
    predictionResistance: fields.optional(Tag.PredictionResistance, asBoolean),
  }),
};

/** `Random Number Generator 4200de { RNG Parameters }` (KMIP 1.3 section 3.44). */
export const randomNumberGeneratorCodec: StructureCodec<RngParameters> = {
  encode: (rng) => [item(Tag.RNGParameters, structureOf(rngParametersCodec)(rng))],
  decode: (fields) => fields.required(Tag.RNGParameters, asStructureOf(rngParametersCodec)),
};
