import { enumerationName } from '../message/tag-names.js';
import { enumerationsByTag, masksByTag } from '../spec/enumerations.generated.js';
import { textOf } from '../ttlv/values.js';
import type { WalkedItem } from './walk-ttlv.js';

const namesByTag: Readonly<Record<number, Readonly<Record<string, number>>>> = enumerationsByTag;
const bitsByTag: Readonly<Record<number, Readonly<Record<string, number>>>> = masksByTag;
const shownLimit = 200;

/** The value for people: names of enumerations and bits, dates as ISO 8601, texts quoted; secrets only by their length. */
export function describeValue({ type, meaning, lengthBytes, value, redacted }: WalkedItem): string {
  if (type === 'Structure') return '';
  if (redacted) return `<redacted, ${lengthBytes} bytes>`;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const wanted = type === 'Integer' || type === 'Enumeration' || type === 'Interval' ? 4 : 8;
  if (type !== 'TextString' && type !== 'ByteString' && lengthBytes !== wanted) return `<${lengthBytes} bytes>`;
  switch (type) {
    case 'Integer':
      return describeInteger(view.getInt32(0), bitsByTag[meaning]);
    case 'Enumeration':
      return describeEnumeration(view.getUint32(0), namesByTag[meaning]);
    case 'Interval':
      return `${view.getUint32(0)} s`;
    case 'LongInteger':
      return view.getBigInt64(0).toString();
    case 'Boolean':
      return view.getBigUint64(0) === 0n ? 'false' : 'true';
    case 'DateTime':
      return describeDate(view.getBigInt64(0));
    case 'TextString':
      return JSON.stringify(cut(textOf(value)));
    case 'ByteString':
      return cut(hexOf(value));
    default:
      return `<${lengthBytes} bytes>`;
  }
}

const hexDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += hexDigits[byte];
  return hex;
}

function cut(shown: string): string {
  return shown.length > shownLimit ? `${shown.slice(0, shownLimit)}...` : shown;
}

function describeInteger(value: number, bits: Readonly<Record<string, number>> | undefined): string {
  const set = Object.entries(bits ?? {}).flatMap(([name, bit]) => (value & bit ? name : []));
  return set.length === 0 ? String(value) : `${set.join(' | ')} (0x${(value >>> 0).toString(16)})`;
}

function describeEnumeration(value: number, names: Readonly<Record<string, number>> | undefined): string {
  const number = `0x${value.toString(16).padStart(8, '0')}`;
  const name = names === undefined ? undefined : enumerationName(names, value);
  return name === undefined ? number : `${name} (${number})`;
}

function describeDate(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : `${date.toISOString()}`;
}
