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

/** Chooses keys for one call: one new key of each provider, for all that it is for. */
export class KeyChoice {
  readonly #context: OperationContext;
  readonly #made = new Map<ProviderId, CryptoKeyId>();
  readonly #existing: CryptoKeyId[] = [];

  constructor(context: OperationContext) {
    this.#context = context;
  }

  /** The key that is wished for; a new one is made by its provider and stays there, whatever becomes of the call. */
  async keyOf(wish: KeyWish | undefined): Promise<CryptoKeyId> {
    if (wish !== undefined && wish.keyId !== '' && wish.providerId !== undefined) {
      return this.take({ keyId: wish.keyId, providerId: wish.providerId });
    }
    const providerId = wish?.providerId ?? this.#context.providers.default().providerId;
    const key = this.#made.get(providerId) ?? (await this.#context.keys.generate(providerId));
    this.#made.set(providerId, key);
    return key;
  }

  /** Takes a key that is there. */
  take(key: CryptoKeyId): CryptoKeyId {
    this.#existing.push(key);
    return key;
  }

  /** All that were chosen. */
  keys(): NeededKeys {
    return { made: [...this.#made.values()], existing: this.#existing };
  }
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
  const choice = new KeyChoice(context);
  const specOf = async (crypto: CryptoWish, homeKeyId: CryptoKeyId | null): Promise<CryptoSpec> => {
    switch (crypto.type) {
      case 'Encrypt':
        return {
          type: 'Encrypt',
          cryptoKeyId: (crypto.cryptoKeyId ? null : homeKeyId) ?? (await choice.keyOf(crypto.cryptoKeyId)),
        };
      case 'ShallowRecrypt':
      case 'DeepRecrypt':
        return { type: crypto.type, newKeyId: await choice.keyOf(crypto.newKeyId) };
      case 'Register':
        choice.take(crypto.cryptoKeyId);
        return crypto;
      case 'Decrypt':
      case 'NoOp':
        return crypto;
    }
  };
  const crypto = await specOf(home.crypto, null);
  const homeKeyId = keyAfter(home, crypto);
  if (disks.some(({ crypto: wish, keyId }) => wish.type === 'Encrypt' && keyId === null) && homeKeyId)
    choice.take(homeKeyId);
  const specs: { deviceKey: number; crypto: CryptoSpec }[] = [];
  for (const { deviceKey, crypto: wish } of disks) {
    assert(deviceKey !== null, 'a disk has a device key');
    specs.push({ deviceKey, crypto: await specOf(wish, homeKeyId) });
  }
  return { spec: { crypto, disks: specs }, keys: choice.keys() };
}

function keyAfter({ keyId }: PartPlan, crypto: CryptoSpec): CryptoKeyId | null {
  if (crypto.type === 'Encrypt') return crypto.cryptoKeyId;
  if (crypto.type === 'ShallowRecrypt' || crypto.type === 'DeepRecrypt') return crypto.newKeyId;
  return keyId;
}
