import type { CryptoSpec, VmReconfigureSpec } from '@vcryptsim/hypervisor/api';
import { assert, type CryptoKeyId, type ProviderId } from '@vcryptsim/ports';
import type { OperationContext } from '../../operation-context.js';
import type { NeededKeys } from '../deliver-keys.js';
import type { CryptoWish, KeyWish } from './crypto-wish.js';
import { doesAny, type PartPlan, type ReconfigurePlan } from './plan-reconfigure.js';

/** A plan with its keys, as the host takes it. */
export interface PlanWithKeys {
  readonly spec: VmReconfigureSpec;
  readonly keys: NeededKeys;
}

/** Whether the host needs a key for it that it may lack. */
export function needsKeys(plan: ReconfigurePlan): boolean {
  return doesAny(plan, 'Encrypt', 'ShallowRecrypt', 'DeepRecrypt', 'Register');
}

/**
 * Chooses the keys of a plan, and lets providers make those that are new: one of each provider, for the VM home and all
 * disks. A disk that is encrypted without a key of its own takes the VM's (settled.md 15) [ours].
 *
 * A key that was made stays at the key server, whatever becomes of the change.
 *
 * @throws VCenterError NO_DEFAULT_PROVIDER, PROVIDER_NOT_FOUND, KEY_GENERATION_FAILED
 */
export async function chooseKeys(context: OperationContext, { home, disks }: ReconfigurePlan): Promise<PlanWithKeys> {
  const made = new Map<ProviderId, CryptoKeyId>();
  const existing: CryptoKeyId[] = [];
  const keyOf = async (wish: KeyWish | undefined): Promise<CryptoKeyId> => {
    if (wish !== undefined && wish.keyId !== '' && wish.providerId !== undefined) {
      const named = { keyId: wish.keyId, providerId: wish.providerId };
      existing.push(named);
      return named;
    }
    const providerId = wish?.providerId ?? context.providers.default().providerId;
    const key = made.get(providerId) ?? (await context.keys.generate(providerId));
    made.set(providerId, key);
    return key;
  };
  const specOf = async (crypto: CryptoWish, homeKeyId: CryptoKeyId | null): Promise<CryptoSpec> => {
    switch (crypto.type) {
      case 'Encrypt':
        return {
          type: 'Encrypt',
          cryptoKeyId: (crypto.cryptoKeyId ? null : homeKeyId) ?? (await keyOf(crypto.cryptoKeyId)),
        };
      case 'ShallowRecrypt':
      case 'DeepRecrypt':
        return { type: crypto.type, newKeyId: await keyOf(crypto.newKeyId) };
      case 'Register':
        existing.push(crypto.cryptoKeyId);
        return crypto;
      case 'Decrypt':
      case 'NoOp':
        return crypto;
    }
  };
  const crypto = await specOf(home.crypto, null);
  const homeKeyId = keyAfter(home, crypto);
  if (disks.some(({ crypto: wish, keyId }) => wish.type === 'Encrypt' && keyId === null) && homeKeyId)
    existing.push(homeKeyId);
  const specs: { deviceKey: number; crypto: CryptoSpec }[] = [];
  for (const { deviceKey, crypto: wish } of disks) {
    assert(deviceKey !== null, 'a disk has a device key');
    specs.push({ deviceKey, crypto: await specOf(wish, homeKeyId) });
  }
  const ids = [...made.values()];
  return { spec: { crypto, disks: specs }, keys: { made: ids, existing } };
}

function keyAfter({ keyId }: PartPlan, crypto: CryptoSpec): CryptoKeyId | null {
  if (crypto.type === 'Encrypt') return crypto.cryptoKeyId;
  if (crypto.type === 'ShallowRecrypt' || crypto.type === 'DeepRecrypt') return crypto.newKeyId;
  return keyId;
}
