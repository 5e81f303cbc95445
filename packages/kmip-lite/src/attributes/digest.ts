import { asBytes, asEnumeration } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { field, named } from '../message/write-fields.js';
import { HashingAlgorithm, KeyFormatType } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { bytes, item } from '../ttlv/values.js';

/** Digest of an object's material (KMIP 1.1 section 3.17), which the server makes. */
export interface Digest {
  readonly hashingAlgorithm: HashingAlgorithm;
  readonly digestValue?: Uint8Array | undefined;
  /** Format of the material that was digested; since 1.1. */
  readonly keyFormatType?: KeyFormatType | undefined;
}

/** `Digest { Hashing Algorithm Enumeration, Digest Value Byte String, Key Format Type? Enumeration (1.1) }`. */
export const digestCodec: StructureCodec<Digest> = {
  encode: (digest) => [
    item(Tag.HashingAlgorithm, named(HashingAlgorithm)(digest.hashingAlgorithm)),
    ...field(Tag.DigestValue, digest.digestValue, bytes),
    ...field(Tag.KeyFormatType, digest.keyFormatType, named(KeyFormatType)),
  ],
  decode: (fields) => ({
    hashingAlgorithm: fields.required(Tag.HashingAlgorithm, asEnumeration(HashingAlgorithm)),
    digestValue: fields.optional(Tag.DigestValue, asBytes),
    keyFormatType: fields.optional(Tag.KeyFormatType, asEnumeration(KeyFormatType)),
  }),
};
