export type { DatastoreMount } from './datastore/datastore.js';
export type { ExportedDisk, ExportTarget } from './disk/export-disk.js';
export type { ImageSource, ProgressListener } from './disk/fill-extent.js';
export type { GuestDisk } from './disk/guest-disk.js';
export type { HostEvent } from './events.js';
export { EsxiHost, type EsxiHostOptions } from './host/esxi-host.js';
