import { KmipError } from '../errors.js';
import type { ReadAs } from '../message/field-reader.js';
import { formatVersion, type ProtocolVersion } from '../message/protocol-version.js';
import { asInteger, asText, asValue } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { valueExistsIn } from '../message/tag-names.js';
import { field } from '../message/write-fields.js';
import { type StandardAttributeName, standardAttributes } from '../spec/attributes.generated.js';
import { Tag } from '../spec/tags.generated.js';
import type { Value } from '../ttlv/item.js';
import { integer, item, text, textOf } from '../ttlv/values.js';

/**
 * One attribute as the wire carries it (KMIP 1.1 section 2.1.1). Typed values of the standard attributes are made by
 * `attribute` and read by `attributeValue`.
 *
 * ```
 * Attribute 420008 { Attribute Name 42000a Text, Attribute Index? 420009 Integer, Attribute Value 42000b any }
 * ```
 */
export interface Attribute {
  /** `State`, `Cryptographic Length`, ...; a client's own begin with `x-`, a server's own with `y-`. */
  readonly name: string;
  /** Which of several instances; 0 is left out. */
  readonly index?: number | undefined;
  readonly value: Value;
}

const nameLimitBytes = 1024;

/** A name that people read: 1 to 1,024 bytes without control characters, else INVALID FIELD. */
export const asName: ReadAs<string> = (field, version) => {
  const name = asText(field, version);
  const sizeBytes = field.type === 'TextString' ? field.utf8.length : 0;
  if (sizeBytes === 0 || sizeBytes > nameLimitBytes) {
    throw new KmipError('InvalidField', `a name has 1 to ${nameLimitBytes} bytes`);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) throw new KmipError('InvalidField', 'a name has no control characters');
  return name;
};

/** Which of several instances; below 0 INDEX OUT OF BOUNDS. */
export const asIndex: ReadAs<number> = (field, version) => {
  const index = asInteger(field, version);
  if (index < 0) throw new KmipError('IndexOutOfBounds', 'an attribute has no negative index');
  return index;
};

/**
 * Reads and writes one Attribute. A standard attribute must exist in the message's version, and its value must be of its
 * type (INVALID FIELD).
 */
export const attributeCodec: StructureCodec<Attribute> = {
  encode: ({ name, index, value }) => [
    item(Tag.AttributeName, text(name)),
    ...field(Tag.AttributeIndex, index, integer),
    item(Tag.AttributeValue, value),
  ],
  decode: (fields) => {
    const name = fields.required(Tag.AttributeName, asName);
    const index = fields.optional(Tag.AttributeIndex, asIndex);
    const value = fields.required(Tag.AttributeValue, asValue);
    if (isStandard(name)) checkStandard(name, value, fields.version);
    return { name, index, value };
  },
};

function checkStandard(name: StandardAttributeName, value: Value, version: ProtocolVersion): void {
  const { sinceMinor, tag, type } = standardAttributes[name];
  const refuse = (message: string): never => {
    throw new KmipError('InvalidField', message);
  };
  if (sinceMinor > version.minor) refuse(`${name} is not an attribute of KMIP ${formatVersion(version)}`);
  if (type !== value.type) refuse(`${name} must be of type ${type}, not ${value.type}`);
  if (value.type === 'Enumeration' && !valueExistsIn(tag, value.value, version)) {
    refuse(`${name} has no value ${value.value} in KMIP ${formatVersion(version)}`);
  }
}

/** Says whether a name is one of the specification's attributes. */
export function isStandard(name: string): name is StandardAttributeName {
  return Object.hasOwn(standardAttributes, name);
}

/** A custom attribute with a text value, as vCenter and most clients use them. */
export function textAttribute(name: string, value: string): Attribute {
  return { name, value: text(value) };
}

/** Text of an attribute whose value is a Text String, else undefined. */
export function attributeText(attribute: Attribute): string | undefined {
  return attribute.value.type === 'TextString' ? textOf(attribute.value.utf8) : undefined;
}
