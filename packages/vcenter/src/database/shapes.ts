/** A value of a parsed JSON text, with the path at which it stands (`vms[0].keyId`). */
export interface Place {
  readonly value: unknown;
  readonly at: string;
}

/** A value that is not what must stand at its place. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** Reads an object; answers a way to its members. @throws ShapeError */
export function asObject({ value, at }: Place): (member: string) => Place {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(at, 'an object');
  const members = new Map<string, unknown>(Object.entries(value));
  return (member) => ({ value: members.get(member), at: at === '' ? member : `${at}.${member}` });
}

/** Reads an array by its items. @throws ShapeError */
export function asArray<T>({ value, at }: Place, read: (item: Place) => T): T[] {
  if (!Array.isArray(value)) throw wrong(at, 'a list');
  return value.map((item: unknown, index) => read({ value: item, at: `${at}[${index}]` }));
}

/** Reads a text that is not empty, as the branded text its place wants. @throws ShapeError */
export function asText<Text extends string>({ value, at }: Place): Text {
  if (typeof value !== 'string' || value === '') throw wrong(at, 'a text');
  return value as Text;
}

/** Reads a whole number from 0 on. @throws ShapeError */
export function asNumber({ value, at }: Place): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrong(at, 'a whole number');
  return value;
}

/** Reads one of a few constants. @throws ShapeError */
export function asOneOf<const Option extends string | boolean>(
  { value, at }: Place,
  options: readonly Option[],
): Option {
  const found = options.find((option) => option === value);
  if (found === undefined) throw wrong(at, `one of ${options.join(', ')}`);
  return found;
}

/** Reads what may be null. */
export function orNull<T>(place: Place, read: (place: Place) => T): T | null {
  return place.value === null ? null : read(place);
}

function wrong(at: string, wanted: string): ShapeError {
  return new ShapeError(`${at === '' ? 'the whole' : at} is not ${wanted}`);
}
