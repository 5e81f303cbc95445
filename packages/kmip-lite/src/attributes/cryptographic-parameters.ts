import { asBoolean, asBytes, asEnumeration, asInteger } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { field, named } from '../message/write-fields.js';
import {
  BlockCipherMode,
  CryptographicAlgorithm,
  DigitalSignatureAlgorithm,
  HashingAlgorithm,
  KeyRoleType,
  MaskGenerator,
  PaddingMethod,
} from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { boolean, bytes, integer } from '../ttlv/values.js';

/** How a key is to be used (KMIP 1.1 section 3.6; 1.4 section 3.6). */
export interface CryptographicParameters {
  readonly blockCipherMode?: BlockCipherMode | undefined;
  readonly paddingMethod?: PaddingMethod | undefined;
  readonly hashingAlgorithm?: HashingAlgorithm | undefined;
  readonly keyRoleType?: KeyRoleType | undefined;
  /** From here on since 1.2. */
  readonly digitalSignatureAlgorithm?: DigitalSignatureAlgorithm | undefined;
  readonly cryptographicAlgorithm?: CryptographicAlgorithm | undefined;
  /** The server draws the IV, counter or nonce. */
  readonly randomIv?: boolean | undefined;
  /** Bits, like the next six. */
  readonly ivLength?: number | undefined;
  /** In bytes by the specification of 1.4, unlike the others. */
  readonly tagLength?: number | undefined;
  readonly fixedFieldLength?: number | undefined;
  readonly invocationFieldLength?: number | undefined;
  readonly counterLength?: number | undefined;
  readonly initialCounterValue?: number | undefined;
  /** Bytes. From here on since 1.4. */
  readonly saltLength?: number | undefined;
  readonly maskGenerator?: MaskGenerator | undefined;
  readonly maskGeneratorHashingAlgorithm?: HashingAlgorithm | undefined;
  readonly pSource?: Uint8Array | undefined;
  readonly trailerField?: number | undefined;
}

/**
 * ```
 * Cryptographic Parameters { Block Cipher Mode?, Padding Method?, Hashing Algorithm?, Key Role Type?,
 *   (1.2) Digital Signature Algorithm?, Cryptographic Algorithm?, Random IV?, IV Length?, Tag Length?,
 *   Fixed Field Length?, Invocation Field Length?, Counter Length?, Initial Counter Value?,
 *   (1.4) Salt Length?, Mask Generator?, Mask Generator Hashing Algorithm?, P Source?, Trailer Field? }
 * ```
 */
export const cryptographicParametersCodec: StructureCodec<CryptographicParameters> = {
  encode: (parameters) => [
    ...field(Tag.BlockCipherMode, parameters.blockCipherMode, named(BlockCipherMode)),
    ...field(Tag.PaddingMethod, parameters.paddingMethod, named(PaddingMethod)),
    ...field(Tag.HashingAlgorithm, parameters.hashingAlgorithm, named(HashingAlgorithm)),
    ...field(Tag.KeyRoleType, parameters.keyRoleType, named(KeyRoleType)),
    ...field(Tag.DigitalSignatureAlgorithm, parameters.digitalSignatureAlgorithm, named(DigitalSignatureAlgorithm)),
    ...field(Tag.CryptographicAlgorithm, parameters.cryptographicAlgorithm, named(CryptographicAlgorithm)),
    ...field(Tag.RandomIV, parameters.randomIv, boolean),
    ...field(Tag.IVLength, parameters.ivLength, integer),
    ...field(Tag.TagLength, parameters.tagLength, integer),
    ...field(Tag.FixedFieldLength, parameters.fixedFieldLength, integer),
    ...field(Tag.InvocationFieldLength, parameters.invocationFieldLength, integer),
    ...field(Tag.CounterLength, parameters.counterLength, integer),
    ...field(Tag.InitialCounterValue, parameters.initialCounterValue, integer),
    ...field(Tag.SaltLength, parameters.saltLength, integer),
    ...field(Tag.MaskGenerator, parameters.maskGenerator, named(MaskGenerator)),
    ...field(Tag.MaskGeneratorHashingAlgorithm, parameters.maskGeneratorHashingAlgorithm, named(HashingAlgorithm)),
    ...field(Tag.PSource, parameters.pSource, bytes),
    ...field(Tag.TrailerField, parameters.trailerField, integer),
  ],
  decode: (fields) => ({
    blockCipherMode: fields.optional(Tag.BlockCipherMode, asEnumeration(BlockCipherMode)),
    paddingMethod: fields.optional(Tag.PaddingMethod, asEnumeration(PaddingMethod)),
    hashingAlgorithm: fields.optional(Tag.HashingAlgorithm, asEnumeration(HashingAlgorithm)),
    keyRoleType: fields.optional(Tag.KeyRoleType, asEnumeration(KeyRoleType)),
    ...laterFields(fields),
  }),
};

/** The fields of 1.2 and 1.4; none of them for a message of an earlier version. */
function laterFields(fields: Parameters<typeof cryptographicParametersCodec.decode>[0]): CryptographicParameters {
  if (fields.version.minor < 2) return {};
  return {
    digitalSignatureAlgorithm: fields.optional(Tag.DigitalSignatureAlgorithm, asEnumeration(DigitalSignatureAlgorithm)),
    cryptographicAlgorithm: fields.optional(Tag.CryptographicAlgorithm, asEnumeration(CryptographicAlgorithm)),
    randomIv: fields.optional(Tag.RandomIV, asBoolean),
    ivLength: fields.optional(Tag.IVLength, asInteger),
    tagLength: fields.optional(Tag.TagLength, asInteger),
    fixedFieldLength: fields.optional(Tag.FixedFieldLength, asInteger),
    invocationFieldLength: fields.optional(Tag.InvocationFieldLength, asInteger),
    counterLength: fields.optional(Tag.CounterLength, asInteger),
    initialCounterValue: fields.optional(Tag.InitialCounterValue, asInteger),
    saltLength: fields.optional(Tag.SaltLength, asInteger),
    maskGenerator: fields.optional(Tag.MaskGenerator, asEnumeration(MaskGenerator)),
    maskGeneratorHashingAlgorithm: fields.optional(Tag.MaskGeneratorHashingAlgorithm, asEnumeration(HashingAlgorithm)),
    pSource: fields.optional(Tag.PSource, asBytes),
    trailerField: fields.optional(Tag.TrailerField, asInteger),
  };
}
