import type { VmName, VmUuid } from '@vcryptsim/ports';
import { HypervisorError } from '../api/errors.js';
import { type DatastorePath, formatDatastorePath, parseDatastorePath } from '../datastore/datastore-path.js';
import { isUuid } from '../formats/vmware-uuid.js';

/** A VM as the inventory names it. */
export interface InventoryEntry {
  readonly uuid: VmUuid;
  /** Of its VMX. */
  readonly path: DatastorePath;
  /** The name at registration. */
  readonly name: VmName;
}

/** Where the VMX of a registered VM now is. */
export type MovedEntry = Pick<InventoryEntry, 'uuid' | 'path'>;

/** One change of the inventory: a VM that came, one whose VMX has another name, or the UUID of one that went. */
export type InventoryRecord =
  | { readonly register: InventoryEntry }
  | { readonly move: MovedEntry }
  | { readonly unregister: VmUuid };

/*
 * A record is a JSON object in UTF-8, one of three:
 *
 *   {"register":"0b6f...","config":"[datastore] folder/name.vmx","displayName":"web-01"}
 *   {"move":"0b6f...","config":"[datastore] folder/name.vmtx"}
 *   {"unregister":"0b6f..."}
 *
 * It names files and never a key.
 */

/** The bytes of a record. */
export function encodeInventoryRecord(record: InventoryRecord): Uint8Array {
  if ('unregister' in record) return toBytes({ unregister: record.unregister });
  if ('move' in record) return toBytes({ move: record.move.uuid, config: formatDatastorePath(record.move.path) });
  const { uuid, path, name } = record.register;
  return toBytes({ register: uuid, config: formatDatastorePath(path), displayName: name });
}

/** Reads a record; null when it is none. */
export function decodeInventoryRecord(bytes: Uint8Array): InventoryRecord | null {
  const fields = objectIn(bytes);
  if (fields === null) return null;
  const { register, move, unregister, config, displayName } = fields;
  const names = Object.keys(fields);
  if (names.length === 1 && isUuidText(unregister)) return { unregister };
  const path = typeof config === 'string' ? pathIn(config) : null;
  if (names.length === 2 && isUuidText(move) && path !== null) return { move: { uuid: move, path } };
  if (names.length !== 3 || !isUuidText(register) || path === null || typeof displayName !== 'string') return null;
  return { register: { uuid: register, path, name: displayName as VmName } };
}

function objectIn(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isUuidText(value: unknown): value is VmUuid {
  return typeof value === 'string' && isUuid(value);
}

function pathIn(text: string): DatastorePath | null {
  try {
    return parseDatastorePath(text);
  } catch (error) {
    if (error instanceof HypervisorError) return null;
    throw error;
  }
}

function toBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
