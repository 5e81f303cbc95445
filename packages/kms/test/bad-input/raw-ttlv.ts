// TTLV written by hand from KMIP 1.1 section 9.1, able to be wrong: kmip-lite's own writer refuses to.
import { Operation, Tag } from '@vcryptsim/kmip-lite';

/** What an item may get wrong. */
export interface Faults {
  /** Instead of the value's own length. */
  readonly lengthBytes?: number;
  /** Instead of zeros up to the next multiple of 8. */
  readonly padding?: Uint8Array;
}

/** One item of any type number. */
export function raw(tag: number, type: number, value: Uint8Array, faults: Faults = {}): Buffer {
  const head = Buffer.alloc(8);
  head.writeUIntBE(tag, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt32BE(faults.lengthBytes ?? value.length, 4);
  return Buffer.concat([head, value, faults.padding ?? Buffer.alloc((8 - (value.length % 8)) % 8)]);
}

const number = (bytes: number, value: bigint): Buffer => {
  const all = Buffer.alloc(8);
  all.writeBigUInt64BE(BigInt.asUintN(64, value));
  return all.subarray(8 - bytes);
};

export const structure = (tag: number, ...children: readonly Uint8Array[]): Buffer =>
  raw(tag, 0x01, Buffer.concat(children));
export const integer = (tag: number, value: number): Buffer => raw(tag, 0x02, number(4, BigInt(value)));
export const enumeration = (tag: number, value: number): Buffer => raw(tag, 0x05, number(4, BigInt(value)));
export const boolean = (tag: number, value: boolean): Buffer => raw(tag, 0x06, number(8, value ? 1n : 0n));
export const text = (tag: number, value: string): Buffer => raw(tag, 0x07, Buffer.from(value));
export const bytes = (tag: number, value: Uint8Array): Buffer => raw(tag, 0x08, value);
export const dateTime = (tag: number, seconds: bigint): Buffer => raw(tag, 0x09, number(8, seconds));

export const version = (major = 1, minor = 1): Buffer =>
  structure(Tag.ProtocolVersion, integer(Tag.ProtocolVersionMajor, major), integer(Tag.ProtocolVersionMinor, minor));
export const attribute = (name: string, value: Uint8Array, index?: number): Buffer =>
  structure(
    Tag.Attribute,
    text(Tag.AttributeName, name),
    ...(index === undefined ? [] : [integer(Tag.AttributeIndex, index)]),
    value,
  );

/** A batch item; `id` is its Unique Batch Item ID. */
export function batchItem(
  operation: keyof typeof Operation | number,
  payload: readonly Uint8Array[] | null,
  o: { readonly id?: Uint8Array; readonly behind?: readonly Uint8Array[] } = {},
): Buffer {
  return structure(
    Tag.BatchItem,
    enumeration(Tag.Operation, typeof operation === 'number' ? operation : Operation[operation]),
    ...(o.id === undefined ? [] : [bytes(Tag.UniqueBatchItemID, o.id)]),
    ...(payload === null ? [] : [structure(Tag.RequestPayload, ...payload)]),
    ...(o.behind ?? []),
  );
}

/** A request; `header` stands between the version and the Batch Count. */
export function request(
  items: readonly Uint8Array[],
  o: { readonly header?: readonly Uint8Array[]; readonly count?: number; readonly version?: Uint8Array } = {},
): Buffer {
  const count = integer(Tag.BatchCount, o.count ?? items.length);
  const header = structure(Tag.RequestHeader, o.version ?? version(), ...(o.header ?? []), count);
  return structure(Tag.RequestMessage, header, ...items);
}

/** One operation alone. */
export const ask = (operation: keyof typeof Operation | number, ...payload: readonly Uint8Array[]): Buffer =>
  request([batchItem(operation, payload)]);

/** Attributes of an AES key, any of which a test may change; null leaves it out. */
export function createPayload(
  o: { algorithm?: number | null; lengthBits?: number | null; mask?: number | null; more?: readonly Uint8Array[] } = {},
): Buffer[] {
  const { algorithm = 3, lengthBits = 256, mask = 0x0c, more = [] } = o;
  return [
    enumeration(Tag.ObjectType, 2),
    structure(
      Tag.TemplateAttribute,
      ...(algorithm === null ? [] : [attribute('Cryptographic Algorithm', enumeration(Tag.AttributeValue, algorithm))]),
      ...(lengthBits === null ? [] : [attribute('Cryptographic Length', integer(Tag.AttributeValue, lengthBits))]),
      ...(mask === null ? [] : [attribute('Cryptographic Usage Mask', integer(Tag.AttributeValue, mask))]),
      ...more,
    ),
  ];
}

export const id = (uniqueIdentifier: string): Buffer => text(Tag.UniqueIdentifier, uniqueIdentifier);
