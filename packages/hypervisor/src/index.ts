export type { HostEvent } from './api/events.js';
export type { ProgressListener } from './api/work-control.js';
export type { DatastoreMount } from './datastore/datastore.js';
export type { ImageSource } from './disk/fill-extent.js';
export type { GuestDisk, WriteOptions } from './disk/guest-disk.js';
export type { ExportedDisk, ExportTarget } from './disk/plain-copy.js';
export { EsxiHost } from './esxi-host.js';
export type { EsxiHostOptions } from './host/boot-host.js';
