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

/** One change of the inventory: a VM that came, or the UUID of one that went. */
export type InventoryRecord = { readonly register: InventoryEntry } | { readonly unregister: VmUuid };

/*
 * A record is a JSON object in UTF-8, one of two:
 *
 *   {"register":"0b6f...","config":"[datastore] folder/name.vmx","displayName":"web-01"}
 *   {"unregister":"0b6f..."}
 *
 * It names files and never a key.
 */

/** The bytes of a record. */
export function encodeInventoryRecord(record: InventoryRecord): Uint8Array {
  if ('unregister' in record) return toBytes({ unregister: record.unregister });
  const { uuid, path, name } = record.register;
  return toBytes({ register: uuid, config: formatDatastorePath(path), displayName: name });
}

/** Reads a record; null when it is none. */
export function decodeInventoryRecord(bytes: Uint8Array): InventoryRecord | null {
  const fields = objectIn(bytes);
  if (fields === null) return null;
  const { register, unregister, config, displayName } = fields;
  const names = Object.keys(fields);
  if (names.length === 1 && isUuidText(unregister)) return { unregister };
  const path = typeof config === 'string' ? pathIn(config) : null;
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
