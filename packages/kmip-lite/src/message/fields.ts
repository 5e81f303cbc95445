import { KmipError } from '../errors.js';
import { Tag, tagSinceMinor } from '../spec/tags.generated.js';
import type { Item, Value } from '../ttlv/item.js';
import { item, textOf } from '../ttlv/values.js';
import { formatVersion, type ProtocolVersion } from './protocol-version.js';

/** Reads one field's value; throws KmipError INVALID MESSAGE when the type is another. */
export type ReadAs<T> = (field: Item, version: ProtocolVersion) => T;

const tagNames: ReadonlyMap<number, string> = new Map(Object.entries(Tag).map(([name, number]) => [number, name]));
const minorOf: ReadonlyMap<number, number> = new Map(
  Object.entries(tagSinceMinor).map(([number, minor]) => [Number(number), minor]),
);

/** Name of a tag, or its number in hexadecimal. */
export function tagName(tag: number): string {
  return tagNames.get(tag) ?? `0x${tag.toString(16).padStart(6, '0')}`;
}

/** Says whether a tag exists in a version of KMIP 1; never for tags that came after 1.1, nor for vendors' tags. */
export function tagExistsIn(tag: number, version: ProtocolVersion): boolean {
  return tagNames.has(tag) && (minorOf.get(tag) ?? 0) <= Math.min(version.minor, 1);
}

/**
 * Reads the fields of a structure in the order of the specification's table (KMIP 1.1 sections 2 to 7). Under a minor
 * version above ours unknown fields are passed over (section 11.1); under 1.0 and 1.1 they are an error.
 */
export class FieldReader {
  readonly #fields: readonly Item[];
  #at = 0;

  /**
   * @param fields the structure's items
   * @param place name of the structure, for messages
   * @param version version of the message's header
   */
  constructor(
    fields: readonly Item[],
    readonly place: string,
    readonly version: ProtocolVersion,
  ) {
    this.#fields = version.minor > 1 ? fields.filter((field) => tagExistsIn(field.tag, version)) : fields;
  }

  /** Tag of the field that comes next, undefined at the end. */
  get nextTag(): number | undefined {
    return this.#fields[this.#at]?.tag;
  }

  /** The next field, if it carries this tag. */
  optional<T>(tag: number, readAs: ReadAs<T>): T | undefined {
    const field = this.#fields[this.#at];
    if (field === undefined || field.tag !== tag || !tagExistsIn(tag, this.version)) return undefined;
    this.#at += 1;
    return readAs(field, this.version);
  }

  /** The next field, which must carry this tag (else INVALID MESSAGE). */
  required<T>(tag: number, readAs: ReadAs<T>): T {
    if (this.nextTag !== tag) {
      throw new KmipError('InvalidMessage', `${tagName(tag)} is missing or out of order in ${this.place}`);
    }
    const value = this.optional(tag, readAs);
    if (value === undefined) throw this.#unknown(tag);
    return value;
  }

  /** All fields of this tag that come next, none allowed. */
  all<T>(tag: number, readAs: ReadAs<T>): T[] {
    const values: T[] = [];
    while (this.nextTag === tag && tagExistsIn(tag, this.version)) values.push(this.required(tag, readAs));
    return values;
  }

  /** All fields that are left, unread. */
  rest(): readonly Item[] {
    const left = this.#fields.slice(this.#at);
    this.#at = this.#fields.length;
    return left;
  }

  /** Throws unless every field was read: INVALID MESSAGE for one repeated or out of place, INVALID FIELD for an unknown one. */
  end(): void {
    const tag = this.nextTag;
    if (tag === undefined) return;
    if (!tagExistsIn(tag, this.version)) throw this.#unknown(tag);
    throw new KmipError('InvalidMessage', `${tagName(tag)} is repeated or out of place in ${this.place}`);
  }

  #unknown(tag: number): KmipError {
    return new KmipError('InvalidField', `${tagName(tag)} is no field of KMIP ${formatVersion(this.version)}`);
  }
}

function wrongType(field: Item, wanted: string): KmipError {
  return new KmipError('InvalidMessage', `${tagName(field.tag)} must be of type ${wanted}, not ${field.type}`);
}

/** A Text String. */
export const asText: ReadAs<string> = (field) => {
  if (field.type !== 'TextString') throw wrongType(field, 'TextString');
  return textOf(field.utf8);
};
/** A Text String's UTF-8, as a view: for passwords, which must not become strings. */
export const asUtf8: ReadAs<Uint8Array> = (field) => {
  if (field.type !== 'TextString') throw wrongType(field, 'TextString');
  return field.utf8;
};
/** A Byte String, as a view. */
export const asBytes: ReadAs<Uint8Array> = (field) => {
  if (field.type !== 'ByteString') throw wrongType(field, 'ByteString');
  return field.bytes;
};
/** A Big Integer, as a view. */
export const asBigInteger: ReadAs<Uint8Array> = (field) => {
  if (field.type !== 'BigInteger') throw wrongType(field, 'BigInteger');
  return field.bytes;
};
/** An Integer. */
export const asInteger: ReadAs<number> = (field) => {
  if (field.type !== 'Integer') throw wrongType(field, 'Integer');
  return field.value;
};
/** A Long Integer. */
export const asLongInteger: ReadAs<bigint> = (field) => {
  if (field.type !== 'LongInteger') throw wrongType(field, 'LongInteger');
  return field.value;
};
/** A Boolean. */
export const asBoolean: ReadAs<boolean> = (field) => {
  if (field.type !== 'Boolean') throw wrongType(field, 'Boolean');
  return field.value;
};
/** An Interval, in seconds. */
export const asInterval: ReadAs<number> = (field) => {
  if (field.type !== 'Interval') throw wrongType(field, 'Interval');
  return field.value;
};
/** A Date-Time in seconds since 1970; INVALID FIELD outside the years that a calendar can show (about 270,000 each way). */
export const asDateTime: ReadAs<number> = (field) => {
  if (field.type !== 'DateTime') throw wrongType(field, 'DateTime');
  const seconds = Number(field.value);
  if (Math.abs(seconds) > 8.64e12) throw new KmipError('InvalidField', `${tagName(field.tag)} is out of range`);
  return seconds;
};
/** An Enumeration's bare number. */
export const asNumber: ReadAs<number> = (field) => {
  if (field.type !== 'Enumeration') throw wrongType(field, 'Enumeration');
  return field.value;
};
/** An Enumeration's name; INVALID FIELD for a number without one. */
export function asEnumeration<Names extends Readonly<Record<string, number>>>(
  names: Names,
): ReadAs<keyof Names & string> {
  return (field, version) => {
    const number = asNumber(field, version);
    const name = enumerationName(names, number);
    if (name === undefined) throw new KmipError('InvalidField', `${tagName(field.tag)} has no value ${number}`);
    return name;
  };
}
/** A Structure read by a function of its fields. */
export function asStructure<T>(read: (fields: FieldReader) => T): ReadAs<T> {
  return (field, version) => {
    if (field.type !== 'Structure') throw wrongType(field, 'Structure');
    const fields = new FieldReader(field.items, tagName(field.tag), version);
    const value = read(fields);
    fields.end();
    return value;
  };
}
/** A Structure's items, unread. */
export const asItems: ReadAs<readonly Item[]> = (field) => {
  if (field.type !== 'Structure') throw wrongType(field, 'Structure');
  return field.items;
};
/** Whatever stands there. */
export const asValue: ReadAs<Value> = ({ tag: _, ...value }) => value;

/** Name of an enumeration's number, undefined if it has none. */
export function enumerationName<Names extends Readonly<Record<string, number>>>(
  names: Names,
  number: number,
): (keyof Names & string) | undefined {
  for (const name in names) if (names[name] === number) return name;
  return undefined;
}

/** No item for a value that is absent, else one: `[...field(Tag.Offset, request.offsetSeconds, interval)]`. */
export function field<T>(tag: number, value: T | undefined, make: (value: T) => Value): Item[] {
  return value === undefined ? [] : [item(tag, make(value))];
}

/** One item for each value. */
export function fields<T>(tag: number, values: readonly T[] | undefined, make: (value: T) => Value): Item[] {
  return (values ?? []).map((value) => item(tag, make(value)));
}

/** Makes the Value of an enumeration's name. */
export function named<Names extends Readonly<Record<string, number>>>(
  names: Names,
): (name: keyof Names & string) => Value {
  return (name) => ({ type: 'Enumeration', value: names[name] ?? 0 });
}
