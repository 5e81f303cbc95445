import type { UserName, VmRecord } from '../../database/schema.js';
import { vmEntity } from '../../records/entity.js';
import { VCenterError } from '../../terms/errors.js';
import type { OperationContext } from '../operation-context.js';

/** Refuses to encrypt a vCenter Server appliance where the setting, ours, says so (row S18). @throws VCenterError VCENTER_APPLIANCE */
export function refuseEncryptedAppliance(
  { settings }: OperationContext,
  { name, product }: Pick<VmRecord, 'name' | 'product'>,
): void {
  if (product !== 'vCenter Server' || settings.encryptedVCenter === 'warn') return;
  throw new VCenterError(
    { code: 'VCENTER_APPLIANCE', vm: name },
    `VM ${name} is a vCenter Server. Encrypted, it could not start without keys that only a running vCenter fetches. Leave its storage policy out.`,
  );
}

/** Warns by an event that a vCenter Server appliance was encrypted; of any other VM it says nothing. */
export async function warnOfEncryptedAppliance(
  { eventLog }: OperationContext,
  vm: VmRecord,
  user: UserName,
): Promise<void> {
  if (vm.product !== 'vCenter Server') return;
  await eventLog.record({ type: 'vcryptsim.VCenterApplianceEncryptedEvent', entity: vmEntity(vm), user });
}
