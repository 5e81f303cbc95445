import type { DatastoreInfo } from '../api/datastore.js';
import type { HostOperation } from './host-operation.js';

/** The datastores that the host has mounted, as they are now, in the order in which it was given them. */
export const datastores: HostOperation<[], readonly DatastoreInfo[]> = {
  vimName: 'HostSystem.datastore',
  changesInventory: false,
  perform: (host) => Promise.all(host.datastores.all.map((datastore) => datastore.info())),
};
