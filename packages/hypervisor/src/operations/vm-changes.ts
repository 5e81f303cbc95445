import type { VmChanges } from '../api/vm.js';
import { lookAgain } from '../host/refresh-vm.js';
import { vmInfoOf } from '../host/vm-info.js';
import type { HostOperation } from './host-operation.js';

/**
 * The VMs that changed after a revision; a host on which nothing happened builds nothing. VMs whose medium failed are
 * looked at again, as by whoever lists them. The product's own way is unpublished: vpxa sends its vCenter what changed,
 * under numbers that it counts up [ours O33].
 *
 * @param since null, or a number that this boot has not reached: all VMs, in the order of registration
 */
export const vmChanges: HostOperation<[since: number | null], VmChanges> = {
  vimName: null,
  changesInventory: false,
  perform: async (host, since) => {
    const { index, revisions } = host.inventory;
    await lookAgain(host, index.inaccessible());
    // From here on in one go: the revision is that of what is told.
    const isKnown = since !== null && since <= revisions.current;
    const { changed, removed } = isKnown ? revisions.since(since) : { changed: host.inventory.all(), removed: [] };
    return { revision: revisions.current, changed: changed.map((vm) => vmInfoOf(vm, host.keys)), removed };
  },
};
