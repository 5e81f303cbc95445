import { type RngParameters, rngParametersCodec } from '../attributes/rng-parameters.js';
import type { FieldReader, ReadAs } from '../message/field-reader.js';
import { KMIP_1_4 } from '../message/protocol-version.js';
import { asBoolean, asEnumeration, asInteger, asItems, asNumber, asText } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { enumerationName, valueExistsIn } from '../message/tag-names.js';
import { field, fields, named } from '../message/write-fields.js';
import {
  DestroyAction,
  ObjectType,
  Operation,
  QueryFunction,
  RNGMode,
  ShreddingAlgorithm,
  UnwrapMode,
} from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { boolean, integer, item, structure, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** Query (KMIP 1.1 section 4.25): what the client wants to know of the server. */
export interface QueryRequest {
  readonly functions: readonly QueryFunction[];
}

/** A tag of the vendor's own that the server knows (KMIP 1.1 section 2.1.9; since 1.1). */
export interface ExtensionInformation {
  readonly extensionName: string;
  readonly extensionTag?: number | undefined;
  readonly extensionType?: number | undefined;
}

/** What the server tells of itself; what was not asked for is missing. Names that KMIP 1.4 lacks are dropped in reading. */
export interface QueryResponse {
  readonly operations?: readonly Operation[] | undefined;
  readonly objectTypes?: readonly ObjectType[] | undefined;
  readonly vendorIdentification?: string | undefined;
  /** Free content. */
  readonly serverInformation?: readonly Item[] | undefined;
  readonly applicationNamespaces?: readonly string[] | undefined;
  readonly extensionInformation?: readonly ExtensionInformation[] | undefined;
  /** Since 1.3. */
  readonly rngParameters?: readonly RngParameters[] | undefined;
  /** Since 1.3. */
  readonly capabilities?: readonly CapabilityInformation[] | undefined;
}

/** What a server can do beyond its operations (KMIP 1.3 section 2.1.22; the batch's two since 1.4). */
export interface CapabilityInformation {
  readonly streaming?: boolean | undefined;
  readonly asynchronous?: boolean | undefined;
  readonly attestation?: boolean | undefined;
  readonly batchUndo?: boolean | undefined;
  readonly batchContinue?: boolean | undefined;
  readonly unwrapMode?: UnwrapMode | undefined;
  readonly destroyAction?: DestroyAction | undefined;
  readonly shreddingAlgorithm?: ShreddingAlgorithm | undefined;
  readonly rngMode?: RNGMode | undefined;
}

/**
 * `Capability Information 4200f7 { Streaming Capability?, Asynchronous Capability?, Attestation Capability?,
 * Batch Undo Capability? (1.4), Batch Continue Capability? (1.4), Unwrap Mode?, Destroy Action?, Shredding Algorithm?,
 * RNG Mode? }`
 */
const capabilityInformationCodec: StructureCodec<CapabilityInformation> = {
  encode: (one) => [
    ...field(Tag.StreamingCapability, one.streaming, boolean),
    ...field(Tag.AsynchronousCapability, one.asynchronous, boolean),
    ...field(Tag.AttestationCapability, one.attestation, boolean),
    ...field(Tag.BatchUndoCapability, one.batchUndo, boolean),
    ...field(Tag.BatchContinueCapability, one.batchContinue, boolean),
    ...field(Tag.UnwrapMode, one.unwrapMode, named(UnwrapMode)),
    ...field(Tag.DestroyAction, one.destroyAction, named(DestroyAction)),
    ...field(Tag.ShreddingAlgorithm, one.shreddingAlgorithm, named(ShreddingAlgorithm)),
    ...field(Tag.RNGMode, one.rngMode, named(RNGMode)),
  ],
  decode: (reader) => ({
    streaming: reader.optional(Tag.StreamingCapability, asBoolean),
    asynchronous: reader.optional(Tag.AsynchronousCapability, asBoolean),
    attestation: reader.optional(Tag.AttestationCapability, asBoolean),
    batchUndo: reader.optional(Tag.BatchUndoCapability, asBoolean),
    batchContinue: reader.optional(Tag.BatchContinueCapability, asBoolean),
    unwrapMode: reader.optional(Tag.UnwrapMode, asEnumeration(UnwrapMode)),
    destroyAction: reader.optional(Tag.DestroyAction, asEnumeration(DestroyAction)),
    shreddingAlgorithm: reader.optional(Tag.ShreddingAlgorithm, asEnumeration(ShreddingAlgorithm)),
    rngMode: reader.optional(Tag.RNGMode, asEnumeration(RNGMode)),
  }),
};

/** `Extension Information { Extension Name Text, Extension Tag? Integer, Extension Type? Integer }`. */
const extensionInformationCodec: StructureCodec<ExtensionInformation> = {
  encode: (extension) => [
    item(Tag.ExtensionName, text(extension.extensionName)),
    ...field(Tag.ExtensionTag, extension.extensionTag, integer),
    ...field(Tag.ExtensionType, extension.extensionType, integer),
  ],
  decode: (reader) => ({
    extensionName: reader.required(Tag.ExtensionName, asText),
    extensionTag: reader.optional(Tag.ExtensionTag, asInteger),
    extensionType: reader.optional(Tag.ExtensionType, asInteger),
  }),
};

function knownNames<Names extends Readonly<Record<string, number>>>(
  names: Names,
  numbers: readonly number[],
): (keyof Names & string)[] {
  return numbers.flatMap((number) => enumerationName(names, number) ?? []);
}

/** Passes over fields that nobody here reads. */
function passOver(reader: FieldReader, ...tags: readonly number[]): void {
  for (const tag of tags) reader.all(tag, () => null);
}

/** A Query Function's number; INVALID FIELD for one that no version of KMIP 1 knows. */
const asKnownFunction: ReadAs<number> = (field) => QueryFunction[asEnumeration(QueryFunction)(field, KMIP_1_4)];

/**
 * ```
 * request  { Query Function* 420074 }
 * response { Operation* 42005c, Object Type* 420057, Vendor Identification? 42009d, Server Information? 420088,
 *   Application Namespace* 420003, Extension Information* 4200a4 (1.1), RNG Parameters* 4200d9 (1.3),
 *   Capability Information* 4200f7 (1.3) }
 * ```
 */
export const queryCodec: OperationCodec<QueryRequest, QueryResponse> = {
  request: {
    encode: ({ functions }) => fields(Tag.QueryFunction, functions, named(QueryFunction)),
    decode: (reader) => {
      // Clients ask for functions that came after their header's version, too; those are passed over.
      const readAs = reader.version.minor > KMIP_1_4.minor ? asNumber : asKnownFunction;
      const asked = reader.all(Tag.QueryFunction, readAs);
      const known = asked.filter((number) => valueExistsIn(Tag.QueryFunction, number, reader.version));
      return { functions: knownNames(QueryFunction, known) };
    },
  },
  response: {
    encode: (answer) => [
      ...fields(Tag.Operation, answer.operations, named(Operation)),
      ...fields(Tag.ObjectType, answer.objectTypes, named(ObjectType)),
      ...field(Tag.VendorIdentification, answer.vendorIdentification, text),
      ...field(Tag.ServerInformation, answer.serverInformation, structure),
      ...fields(Tag.ApplicationNamespace, answer.applicationNamespaces, text),
      ...fields(Tag.ExtensionInformation, answer.extensionInformation, structureOf(extensionInformationCodec)),
      ...fields(Tag.RNGParameters, answer.rngParameters, structureOf(rngParametersCodec)),
      ...fields(Tag.CapabilityInformation, answer.capabilities, structureOf(capabilityInformationCodec)),
    ],
    decode: (reader) => {
      const operations = knownNames(Operation, reader.all(Tag.Operation, asNumber));
      const objectTypes = knownNames(ObjectType, reader.all(Tag.ObjectType, asNumber));
      const vendorIdentification = reader.optional(Tag.VendorIdentification, asText);
      const serverInformation = reader.optional(Tag.ServerInformation, asItems);
      const applicationNamespaces = reader.all(Tag.ApplicationNamespace, asText);
      const extensionInformation = reader.all(Tag.ExtensionInformation, asStructureOf(extensionInformationCodec));
      passOver(reader, Tag.AttestationType);
      const rngParameters = reader.all(Tag.RNGParameters, asStructureOf(rngParametersCodec));
      passOver(reader, Tag.ProfileInformation, Tag.ValidationInformation);
      const capabilities = reader.all(Tag.CapabilityInformation, asStructureOf(capabilityInformationCodec));
      passOver(reader, Tag.ClientRegistrationMethod);
      return {
        operations,
        objectTypes,
        vendorIdentification,
        serverInformation,
        applicationNamespaces,
        extensionInformation,
        rngParameters,
        capabilities,
      };
    },
  },
};
