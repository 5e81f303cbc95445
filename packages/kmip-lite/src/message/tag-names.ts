import { valueSinceMinor } from '../spec/enumerations.generated.js';
import { Tag, tagSinceMinor } from '../spec/tags.generated.js';
import type { ProtocolVersion } from './protocol-version.js';

const tagNames: ReadonlyMap<number, string> = new Map(Object.entries(Tag).map(([name, number]) => [number, name]));
const minorOf: ReadonlyMap<number, number> = new Map(
  Object.entries(tagSinceMinor).map(([number, minor]) => [Number(number), minor]),
);
const valueMinorOf: ReadonlyMap<number, ReadonlyMap<number, number>> = new Map(
  Object.entries(valueSinceMinor).map(([tag, minors]) => [
    Number(tag),
    new Map(Object.entries(minors).map(([number, minor]) => [Number(number), minor])),
  ]),
);

/** Name of a tag, or its number in hexadecimal. */
export function tagName(tag: number): string {
  return tagNames.get(tag) ?? `0x${tag.toString(16).padStart(6, '0')}`;
}

/** Says whether a tag exists in a version of KMIP 1; never for tags that came after 1.4, nor for vendors' tags. */
export function tagExistsIn(tag: number, version: ProtocolVersion): boolean {
  return tagNames.has(tag) && (minorOf.get(tag) ?? 0) <= version.minor;
}

/** Says whether an enumeration's number exists in a version of KMIP 1, if it has a name at all. */
export function valueExistsIn(tag: number, number: number, version: ProtocolVersion): boolean {
  return (valueMinorOf.get(tag)?.get(number) ?? 0) <= version.minor;
}

/** Name of an enumeration's number, undefined if it has none. */
export function enumerationName<Names extends Readonly<Record<string, number>>>(
  names: Names,
  number: number,
): (keyof Names & string) | undefined {
  for (const name in names) if (names[name] === number) return name;
  return undefined;
}
