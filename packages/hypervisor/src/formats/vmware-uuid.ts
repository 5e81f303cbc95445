import { assert } from '@vcryptsim/ports';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const VMWARE_UUID = /^[0-9a-fA-F]{2}( [0-9a-fA-F]{2}){7}-[0-9a-fA-F]{2}( [0-9a-fA-F]{2}){7}$/;

/** Says whether a text is a UUID in the usual lower-case form (RFC 9562). */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Writes a UUID as VMX and DDB do: `60 00 c2 9e 00 11 22 33-44 55 66 77 88 99 aa bb`. */
export function formatVmwareUuid(uuid: string): string {
  assert(isUuid(uuid), 'a UUID is in lower-case form');
  const bytes = uuid.replaceAll('-', '').match(/../g) ?? [];
  return `${bytes.slice(0, 8).join(' ')}-${bytes.slice(8).join(' ')}`;
}

/** Reads VMware's form into the usual one, or answers null. */
export function parseVmwareUuid(text: string): string | null {
  if (!VMWARE_UUID.test(text)) return null;
  const hex = text.replaceAll(/[ -]/g, '').toLowerCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
