import type { Item, Value } from '../ttlv/item.js';
import { structure } from '../ttlv/values.js';
import type { FieldReader, ReadAs } from './field-reader.js';
import { asStructure } from './read-as.js';

/** Both directions of one structure: its fields in the order of the specification's table. */
export interface StructureCodec<T> {
  /** The structure's items. */
  encode(value: T): Item[];
  /** Reads the items; the caller checks that none is left. Byte arrays are views of the frame. */
  decode(fields: FieldReader): T;
}

/** Makes a Value of a codec's structure. */
export function structureOf<T>(codec: StructureCodec<T>): (value: T) => Value {
  return (value) => structure(codec.encode(value));
}

/** Reads a field by a codec. */
export function asStructureOf<T>(codec: StructureCodec<T>): ReadAs<T> {
  return asStructure((fields) => codec.decode(fields));
}
