import type { VmUuid } from '@vcryptsim/ports';
import type { KeyGrant } from '../api/host-api.js';
import type { HostContext } from '../host/host-context.js';
import { onVm } from '../host/on-vm.js';
import type { RegisteredVm } from '../host/registered-vm.js';

/** One call of a host as a value. */
export interface HostOperation<Arguments extends readonly unknown[], Answer> {
  /** Its name in the vSphere API, `Object.Method`; null for what no caller of that API can do. */
  readonly vimName: string | null;
  /** Whether it changes which VMs the host has; such calls are made one after the other. */
  readonly changesInventory: boolean;
  /** The keys that it is handed. Their parcels are spent by the call, whatever it ends in. */
  readonly grants?: (...args: Arguments) => readonly KeyGrant[];
  /** Does it. A refusal is a HypervisorError and leaves files and cache as they were. */
  readonly perform: (host: HostContext, ...args: Arguments) => Promise<Answer>;
}

/** A call on one VM, which waits for its turn at that VM. */
interface VmOperation<Arguments extends readonly unknown[], Answer> {
  readonly vimName: string | null;
  readonly changesInventory: boolean;
  readonly perform: (host: HostContext, vm: RegisteredVm, ...args: Arguments) => Promise<Answer>;
}

/** A call on one VM, by the VM's UUID; it throws VM_NOT_FOUND too. */
export function vmOperation<Arguments extends readonly unknown[], Answer>({
  vimName,
  changesInventory,
  perform,
}: VmOperation<Arguments, Answer>): HostOperation<readonly [VmUuid, ...Arguments], Answer> {
  return {
    vimName,
    changesInventory,
    perform: (host, uuid, ...args) => onVm(host, uuid, (vm) => perform(host, vm, ...args)),
  };
}

/**
 * The one door to what a host does: refuses with HOST_GONE when its boot is over, or ends while the call is under way;
 * waits for the call's turn; spends what it was handed.
 */
export async function callHost<Arguments extends readonly unknown[], Answer>(
  host: HostContext,
  operation: HostOperation<Arguments, Answer>,
  ...args: Arguments
): Promise<Answer> {
  const perform = (): Promise<Answer> => operation.perform(host, ...args);
  try {
    return await host.life.run(() => (operation.changesInventory ? host.inventoryLane.run(perform) : perform()));
  } finally {
    for (const { parcel } of operation.grants?.(...args) ?? []) parcel.dispose();
  }
}
