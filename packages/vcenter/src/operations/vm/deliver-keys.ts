import { assert, type CryptoKeyId, type VmName, type VmUuid } from '@vcryptsim/ports';
import type { ReachedHost } from '../../inventory/host-connections.js';
import { distinctKeys } from '../../inventory/inventory.js';
import type { OperationContext } from '../operation-context.js';

/** Keys that hosts need before a VM is made or changed. */
export interface NeededKeys {
  /** Made for this VM just now. */
  readonly made: readonly CryptoKeyId[];
  /** Named by the caller. */
  readonly existing: readonly CryptoKeyId[];
}

/**
 * Brings keys to the host of a VM and to the others of its cluster, before the host uses them. The order is the observed
 * one: the host key is fetched and used, if there is need, then the VM's (facts/vim-api.md section 6). A new key is
 * tagged with its VM.
 *
 * @param hosts the VM's host first
 * @throws VCenterError NO_DEFAULT_PROVIDER, KEY_GENERATION_FAILED, as {@link Keys.fetch}, KEY_PUSH_FAILED for the VM's host
 */
export async function deliverKeys(
  context: OperationContext,
  hosts: readonly ReachedHost[],
  { made, existing }: NeededKeys,
  vm: { readonly uuid: VmUuid; readonly name: VmName },
): Promise<void> {
  const { encryptionMode, delivery, inventory } = context;
  const [first] = hosts;
  assert(first, 'keys are delivered to the host of a VM');
  await encryptionMode.ensure(inventory.host(first.id).parent, hosts);
  for (const keyId of made) await bringNewKey(context, hosts, keyId, vm);
  const [failure] = (await delivery.deliver(distinctKeys([...made, ...existing]), hosts)).values();
  if (failure) throw failure;
}

/** Fetches a key that was just made, tags it with its VM and sends it to the hosts. */
async function bringNewKey(
  { keys, delivery }: OperationContext,
  hosts: readonly ReachedHost[],
  keyId: CryptoKeyId,
  vm: { readonly uuid: VmUuid; readonly name: VmName },
): Promise<void> {
  const parcel = await keys.fetch(keyId);
  try {
    await keys.tag(keyId, { component: 'Virtual Machine', identifier: vm.uuid, name: vm.name });
    await delivery.send([{ id: keyId, parcel, hosts }]);
  } finally {
    parcel.dispose();
  }
}
