import { KmipError } from '../errors.js';
import type { Item, Value } from '../ttlv/item.js';
import { textOf } from '../ttlv/values.js';
import { FieldReader, type ReadAs } from './field-reader.js';
import { formatVersion } from './protocol-version.js';
import { enumerationName, tagName, valueExistsIn } from './tag-names.js';

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
/** An Enumeration's name; INVALID FIELD for a number without one, or one that came after the message's version. */
export function asEnumeration<Names extends Readonly<Record<string, number>>>(
  names: Names,
): ReadAs<keyof Names & string> {
  return (field, version) => {
    const number = asNumber(field, version);
    const name = enumerationName(names, number);
    if (name === undefined || !valueExistsIn(field.tag, number, version)) {
      const place = name === undefined ? '' : ` (${name}) in KMIP ${formatVersion(version)}`;
      throw new KmipError('InvalidField', `${tagName(field.tag)} has no value ${number}${place}`);
    }
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
