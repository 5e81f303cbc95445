import { asEnumeration } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { field, named } from '../message/write-fields.js';
import { BlockCipherMode, HashingAlgorithm, KeyRoleType, PaddingMethod } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';

/** How a key is to be used (KMIP 1.1 section 3.6). */
export interface CryptographicParameters {
  readonly blockCipherMode?: BlockCipherMode | undefined;
  readonly paddingMethod?: PaddingMethod | undefined;
  readonly hashingAlgorithm?: HashingAlgorithm | undefined;
  readonly keyRoleType?: KeyRoleType | undefined;
}

/** `Cryptographic Parameters { Block Cipher Mode?, Padding Method?, Hashing Algorithm?, Key Role Type? }`, enumerations. */
export const cryptographicParametersCodec: StructureCodec<CryptographicParameters> = {
  encode: (parameters) => [
    ...field(Tag.BlockCipherMode, parameters.blockCipherMode, named(BlockCipherMode)),
    ...field(Tag.PaddingMethod, parameters.paddingMethod, named(PaddingMethod)),
    ...field(Tag.HashingAlgorithm, parameters.hashingAlgorithm, named(HashingAlgorithm)),
    ...field(Tag.KeyRoleType, parameters.keyRoleType, named(KeyRoleType)),
  ],
  decode: (fields) => ({
    blockCipherMode: fields.optional(Tag.BlockCipherMode, asEnumeration(BlockCipherMode)),
    paddingMethod: fields.optional(Tag.PaddingMethod, asEnumeration(PaddingMethod)),
    hashingAlgorithm: fields.optional(Tag.HashingAlgorithm, asEnumeration(HashingAlgorithm)),
    keyRoleType: fields.optional(Tag.KeyRoleType, asEnumeration(KeyRoleType)),
  }),
};
