import type { HostApi } from '@vcryptsim/hypervisor/api';
import type { HostName } from '@vcryptsim/ports';

/** vCenter's way to its hosts. The composition root connects it to hosts that exist. */
export interface HostLinks {
  /**
   * Answers the host of this name as it is now. Rejects with a coded error while the host is down or cut off; an object answered before a
   * reboot speaks for the earlier boot, so vCenter asks again at each heartbeat and tells boots apart by `incarnation`.
   */
  connect(name: HostName): Promise<HostApi>;
}
