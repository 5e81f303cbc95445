import type { Item, Value } from '../ttlv/item.js';
import { item } from '../ttlv/values.js';

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
