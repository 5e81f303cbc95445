import type { CryptoSpec, VmReconfigureSpec } from '@vcryptsim/hypervisor/api';
import { formatKeyId } from '@vcryptsim/ports';
import type { UserName, VmRecord } from '../../../database/schema.js';
import { vmEntity } from '../../../records/entity.js';
import type { EventType } from '../../../records/event-texts.js';
import type { OperationContext } from '../../operation-context.js';
import { doesAny, partsOf, type ReconfigurePlan } from './plan-reconfigure.js';

/** Records by events what was done to a VM: that it was changed, its policies, and what was done with its keys. */
export async function recordReconfigured(
  context: OperationContext,
  vm: VmRecord,
  plan: ReconfigurePlan,
  spec: VmReconfigureSpec,
  user: UserName,
): Promise<void> {
  const { eventLog } = context;
  const entity = vmEntity(vm);
  await eventLog.record({ type: 'vim.event.VmReconfiguredEvent', entity, user });
  if (partsOf(plan).some(({ policy }) => policy !== undefined)) {
    await eventLog.record({ type: 'vim.event.ProfileAssociatedEvent', entity, user });
  }
  await recordKeysChanged(context, vm, spec, user);
}

/** Records that disks of a VM came, went or grew; with which keys those are encrypted that came. */
export async function recordDevicesChanged(
  context: OperationContext,
  vm: VmRecord,
  spec: VmReconfigureSpec,
  hasPolicies: boolean,
  user: UserName,
): Promise<void> {
  const { eventLog } = context;
  const entity = vmEntity(vm);
  await eventLog.record({ type: 'vim.event.VmReconfiguredEvent', entity, user });
  if (hasPolicies) await eventLog.record({ type: 'vim.event.ProfileAssociatedEvent', entity, user });
  await recordKeysChanged(context, vm, spec, user);
}

/** Records what was done with the keys of a VM; nothing where nothing was. */
export async function recordKeysChanged(
  { eventLog }: OperationContext,
  vm: VmRecord,
  spec: VmReconfigureSpec,
  user: UserName,
): Promise<void> {
  const entity = vmEntity(vm);
  const done = [
    { part: 'VM home', crypto: spec.crypto },
    ...(spec.disks ?? []).map(({ deviceKey, crypto }) => ({ part: `disk ${deviceKey}`, crypto })),
  ].filter((each): each is { part: string; crypto: CryptoSpec } => (each.crypto?.type ?? 'NoOp') !== 'NoOp');
  if (done.length === 0) return;
  const detail = done.map(({ part, crypto }) => `${part} ${crypto.type}`).join(', ');
  const keyIds = [...new Set(done.flatMap(({ crypto }) => keyOf(crypto)))].join(', ');
  const values = { operations: detail, ...(keyIds === '' ? {} : { keyIds }) };
  await eventLog.record({ type: 'com.vmware.vc.crypto.Operation', entity, user, arguments: values, detail });
}

/** Records by an event that the host could not do it, where the product has one for that. */
export async function recordFailed(
  { eventLog }: OperationContext,
  vm: VmRecord,
  plan: ReconfigurePlan,
  code: string | null,
  user: UserName,
): Promise<void> {
  const type = failureOf(plan, code);
  if (type === null) return;
  await eventLog.record({ type, entity: vmEntity(vm), user, arguments: { reason: code ?? '' } });
}

function failureOf(plan: ReconfigurePlan, code: string | null): EventType | null {
  if (code === null || code === 'CANCELED') return null;
  if (code === 'NO_SPACE') return 'com.vmware.vc.vm.crypto.NoDiskSpace';
  return doesAny(plan, 'ShallowRecrypt', 'DeepRecrypt') ? 'com.vmware.vc.vm.crypto.RekeyFail' : null;
}

function keyOf(crypto: CryptoSpec): readonly string[] {
  if (crypto.type === 'ShallowRecrypt' || crypto.type === 'DeepRecrypt') return [formatKeyId(crypto.newKeyId)];
  return crypto.type === 'Encrypt' || crypto.type === 'Register' ? [formatKeyId(crypto.cryptoKeyId)] : [];
}
