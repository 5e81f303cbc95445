export type { DatastoreMount } from './datastore/datastore.js';
export type { ImageSource, ProgressListener } from './disk/fill-extent.js';
export type { GuestDisk } from './disk/guest-disk.js';
export type { HostEvent } from './events.js';
export { EsxiHost, type EsxiHostOptions, type ExportedDisk } from './host/esxi-host.js';
