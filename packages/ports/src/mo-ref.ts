import { assert } from './assert.js';
import type { Brand } from './brand.js';

/**
 * Kinds of managed objects of the vSphere API that exist here, with the prefix that a real vCenter gives to their IDs
 * (facts/vim-api.md section 0, "MoRef"). A folder has one for each kind of thing that it holds.
 */
const PREFIXES = {
  Folder: ['group-d', 'group-h', 'group-v', 'group-s'],
  Datacenter: ['datacenter-'],
  ClusterComputeResource: ['domain-c'],
  ComputeResource: ['domain-s'],
  HostSystem: ['host-'],
  Datastore: ['datastore-'],
  VirtualMachine: ['vm-'],
  Task: ['task-'],
} as const;

/** A kind of managed object, as the vSphere API spells it. */
export type ManagedObjectType = keyof typeof PREFIXES;

/**
 * Reference of a managed object: `vm-42`, `host-10`, `domain-c8`, `group-v3`, `datastore-11`. It names one object of one
 * vCenter for as long as that knows it, whatever becomes of its name; it is never given out twice.
 */
export type MoRef<Type extends ManagedObjectType = ManagedObjectType> = Brand<string, Type>;

/** What a folder holds: datacenters, hosts, VMs or datastores. */
export type FolderPrefix = (typeof PREFIXES.Folder)[number];

/**
 * Writes the reference of an object.
 *
 * @param number drawn by the vCenter that keeps the object
 * @param prefix which kind of folder it is; for folders only
 */
export function moRef<Type extends ManagedObjectType>(type: Type, number: number, prefix?: FolderPrefix): MoRef<Type> {
  assert(type !== 'Folder' || prefix !== undefined, 'a folder is of one kind');
  return `${prefix ?? PREFIXES[type][0]}${number}` as MoRef<Type>;
}

/** The kind of object that a text refers to, or null when no vCenter would write it. */
export function moTypeOf(text: string): ManagedObjectType | null {
  const prefix = /^(.*?)(0|[1-9]\d{0,14})$/.exec(text)?.[1];
  for (const [type, prefixes] of Object.entries(PREFIXES)) {
    if (prefix !== undefined && (prefixes as readonly string[]).includes(prefix)) return type as ManagedObjectType;
  }
  return null;
}
