import type { DiskFileInfo } from '../api/vm.js';
import { parseDatastorePath } from '../datastore/datastore-path.js';
import { readChain } from '../vm-home/disk-config.js';
import type { HostOperation } from './host-operation.js';

/**
 * Reads what the descriptors of a disk say of it, whether a VM has it or not; no key is needed for that.
 *
 * @throws HypervisorError INVALID_ARGUMENT, DISK_NOT_FOUND, and every diagnosis of a descriptor
 */
export const diskFile: HostOperation<[path: string], DiskFileInfo> = {
  vimName: 'HostDatastoreBrowser.SearchDatastore_Task',
  changesInventory: false,
  perform: async (host, path) => {
    const place = parseDatastorePath(path);
    const chain = await readChain(await host.datastores.folderAt(place), place.fileName);
    return {
      fileName: chain.folder.shown(chain.fileName),
      uuid: chain.uuid,
      capacity: chain.capacity,
      keyId: chain.encryption?.sealed[0].keyId ?? null,
    };
  },
};
