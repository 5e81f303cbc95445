import { assert, type HostUuid } from '@vcryptsim/ports';

/** The 16 bytes of a UUID, in the order in which it is written. */
export function uuidToBytes(uuid: HostUuid): Uint8Array {
  assert(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid), 'a host has a UUID');
  return Uint8Array.from(uuid.replaceAll('-', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The UUID in these 16 bytes. */
export function uuidIn(bytes: Uint8Array, offset: number): HostUuid {
  const hex = [...bytes.subarray(offset, offset + 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') as HostUuid;
}

/** Puts a text in, cut at what there is room for, NULs to the end. */
export function putName(bytes: Uint8Array, offset: number, sizeBytes: number, name: string): void {
  new TextEncoder().encodeInto(name, bytes.subarray(offset, offset + sizeBytes));
}

/** The text there, up to the first NUL. */
export function nameIn(bytes: Uint8Array, offset: number, sizeBytes: number): string {
  const field = bytes.subarray(offset, offset + sizeBytes);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
