import { type CryptoKeyId, formatKeyId, type MoRef } from '@vcryptsim/ports';
import type { ReachedHost } from '../inventory/host-connections.js';
import { VCenterError } from '../terms/errors.js';
import type { EncryptionMode } from './encryption-mode.js';
import type { DeliveryFailures, KeyDelivery } from './key-delivery.js';

/** Sees to it that hosts have keys: first encryption mode, without which a host takes none, then the keys themselves. */
export class KeyProvision {
  readonly #encryptionMode: EncryptionMode;
  readonly #delivery: KeyDelivery;

  constructor(encryptionMode: EncryptionMode, delivery: KeyDelivery) {
    this.#encryptionMode = encryptionMode;
    this.#delivery = delivery;
  }

  /**
   * Provides hosts of one cluster with keys, as far as these can be had.
   *
   * @param hosts at least one
   * @param ids each once
   * @returns what kept keys from the first of the hosts; when that is its encryption mode, the same for all of them
   */
  async provide(cluster: MoRef, hosts: readonly ReachedHost[], ids: readonly CryptoKeyId[]): Promise<DeliveryFailures> {
    try {
      await this.#encryptionMode.ensure(cluster, hosts);
    } catch (error) {
      if (!(error instanceof VCenterError)) throw error;
      return new Map(ids.map((id) => [formatKeyId(id), error]));
    }
    return this.#delivery.deliver(ids, hosts);
  }
}
