import type { ReadAs } from '../message/field-reader.js';
import { asEnumeration, asInteger, asItems, asNumber, asText } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { enumerationName } from '../message/tag-names.js';
import { field, fields, named } from '../message/write-fields.js';
import { ObjectType, Operation, QueryFunction } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { integer, item, structure, text } from '../ttlv/values.js';
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

/** What the server tells of itself; what was not asked for is missing. Names that KMIP 1.1 lacks are dropped in reading. */
export interface QueryResponse {
  readonly operations?: readonly Operation[] | undefined;
  readonly objectTypes?: readonly ObjectType[] | undefined;
  readonly vendorIdentification?: string | undefined;
  /** Free content. */
  readonly serverInformation?: readonly Item[] | undefined;
  readonly applicationNamespaces?: readonly string[] | undefined;
  readonly extensionInformation?: readonly ExtensionInformation[] | undefined;
}

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

/** A Query Function's number; INVALID FIELD for one that KMIP 1.1 does not know. */
const asKnownFunction: ReadAs<number> = (field, version) => QueryFunction[asEnumeration(QueryFunction)(field, version)];

/**
 * ```
 * request  { Query Function* 420074 }
 * response { Operation* 42005c, Object Type* 420057, Vendor Identification? 42009d, Server Information? 420088,
 *   Application Namespace* 420003, Extension Information* 4200a4 (1.1) }
 * ```
 */
export const queryCodec: OperationCodec<QueryRequest, QueryResponse> = {
  request: {
    encode: ({ functions }) => fields(Tag.QueryFunction, functions, named(QueryFunction)),
    decode: (reader) => {
      // Clients of a later minor version ask for what came after 1.1 too; that is passed over.
      const readAs = reader.version.minor > 1 ? asNumber : asKnownFunction;
      return { functions: knownNames(QueryFunction, reader.all(Tag.QueryFunction, readAs)) };
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
    ],
    decode: (reader) => ({
      operations: knownNames(Operation, reader.all(Tag.Operation, asNumber)),
      objectTypes: knownNames(ObjectType, reader.all(Tag.ObjectType, asNumber)),
      vendorIdentification: reader.optional(Tag.VendorIdentification, asText),
      serverInformation: reader.optional(Tag.ServerInformation, asItems),
      applicationNamespaces: reader.all(Tag.ApplicationNamespace, asText),
      extensionInformation: reader.all(Tag.ExtensionInformation, asStructureOf(extensionInformationCodec)),
    }),
  },
};
