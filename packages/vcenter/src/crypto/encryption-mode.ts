import type { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import { assert, type CryptoKeyId, type EventSink, type MoRef } from '@vcryptsim/ports';
import { VPXD } from '../database/schema.js';
import { askEach, type ReachedHost } from '../inventory/host-connections.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Alarms } from '../records/alarms.js';
import { hostEntity } from '../records/entity.js';
import type { EventLog } from '../records/event-log.js';
import { ALARM_NAMES } from '../records/event-texts.js';
import { codeOf, VCenterError } from '../terms/errors.js';
import type { VCenterEvent } from '../terms/events.js';
import type { Turns } from '../terms/turns.js';
import type { KeyProviders } from './key-providers.js';
import type { Keys } from './keys.js';

/**
 * Keeps hosts in encryption mode. All hosts of a cluster have one host key, made when the first of them needs it (the
 * usual model of facts/vsphere-encryption.md section 1, "Host key"); vCenter keeps its ID (row S27).
 */
export class EncryptionMode {
  readonly #keys: Keys;
  readonly #providers: KeyProviders;
  readonly #inventory: Inventory;
  readonly #eventLog: EventLog;
  readonly #alarms: Alarms;
  readonly #observer: EventSink<VCenterEvent>;
  readonly #turns: Turns<MoRef>;

  constructor(o: {
    readonly keys: Keys;
    readonly providers: KeyProviders;
    readonly inventory: Inventory;
    readonly eventLog: EventLog;
    readonly alarms: Alarms;
    readonly observer: EventSink<VCenterEvent>;
    /** One for all that speak of the same clusters. */
    readonly turns: Turns<MoRef>;
  }) {
    this.#keys = o.keys;
    this.#providers = o.providers;
    this.#inventory = o.inventory;
    this.#eventLog = o.eventLog;
    this.#alarms = o.alarms;
    this.#observer = o.observer;
    this.#turns = o.turns;
  }

  /**
   * Brings hosts of one cluster into encryption mode. Hosts that are `safe` stay as they are and nobody is asked.
   *
   * @param hosts at least one; a new host key is tagged for the first
   * @throws VCenterError NO_DEFAULT_PROVIDER, KEY_GENERATION_FAILED, or as {@link Keys.fetch} for the host key;
   *   KEY_PUSH_FAILED when the first host refuses it. A refusal of another is an event, and remediation comes to it.
   */
  ensure(cluster: MoRef, hosts: readonly ReachedHost[]): Promise<void> {
    return this.#turns.take(cluster, async () => {
      const first = hosts[0];
      assert(first, 'encryption mode is for at least one host');
      const unsafe = await this.#notSafe(hosts);
      const known = this.#inventory.cluster(cluster).hostKeyId;
      if (known !== null && unsafe.length === 0) return;
      const hostKeyId = known ?? (await this.#generate(cluster));
      if (unsafe.length === 0) return;
      const parcel = await this.#fetch(hostKeyId, unsafe);
      try {
        if (known === null) await this.#tag(hostKeyId, first);
        const parcels = parcel.split(unsafe.length);
        try {
          for (const [index, host] of unsafe.entries()) {
            const own = parcels[index];
            assert(own, 'a parcel was made for each host');
            await this.#enable(host, hostKeyId, own, host === first);
          }
        } finally {
          for (const own of parcels) own.dispose();
        }
      } finally {
        parcel.dispose();
      }
    });
  }

  /** Those hosts that still need the host key; of the others it is known now that they do not. */
  async #notSafe(hosts: readonly ReachedHost[]): Promise<readonly ReachedHost[]> {
    const unsafe: ReachedHost[] = [];
    for (const [host, { cryptoState }] of await askEach(hosts, ({ api }) => api.runtime())) {
      if (cryptoState === 'safe') await this.#alarms.clear(ALARM_NAMES.hostRequiresEncryptionMode, hostEntity(host));
      else unsafe.push(host);
    }
    return unsafe;
  }

  async #generate(cluster: MoRef): Promise<CryptoKeyId> {
    const hostKeyId = await this.#keys.generate(this.#providers.default().providerId);
    await this.#inventory.setHostKey(cluster, hostKeyId);
    return hostKeyId;
  }

  #tag(hostKeyId: CryptoKeyId, { name, api }: ReachedHost): Promise<void> {
    return this.#keys.tag(hostKeyId, { component: 'ESXi Server', identifier: api.uuid, name });
  }

  async #fetch(hostKeyId: CryptoKeyId, hosts: readonly ReachedHost[]): Promise<KeyParcel> {
    try {
      return await this.#keys.fetch(hostKeyId);
    } catch (error) {
      if (!(error instanceof VCenterError)) throw error;
      const missing = error.code === 'KEY_NOT_FOUND' || error.code === 'KEY_NOT_ACTIVE';
      const type = missing
        ? 'com.vmware.vc.host.Crypto.ReqEnable.KeyMissingOnKMS'
        : 'com.vmware.vc.host.Crypto.ReqEnable.KMSClusterError';
      for (const host of hosts) {
        const entity = hostEntity(host);
        const sentence = this.#eventLog.sentence(type);
        if (!(await this.#alarms.raise(ALARM_NAMES.hostRequiresEncryptionMode, entity, sentence))) continue;
        await this.#eventLog.record({ type, entity, user: VPXD, detail: error.message });
      }
      throw error;
    }
  }

  async #enable(host: ReachedHost, hostKeyId: CryptoKeyId, parcel: KeyParcel, mustSucceed: boolean): Promise<void> {
    try {
      const { cryptoState } = await host.api.runtime();
      if (cryptoState === 'incapable') await host.api.prepareCrypto();
      await host.api.enableCrypto({ id: hostKeyId, parcel });
    } catch (error) {
      const reason = codeOf(error);
      if (reason === null) throw error;
      await this.#eventLog.record({
        type: 'com.vmware.vc.host.Crypto.SendKeyError.HostError',
        entity: hostEntity(host),
        user: VPXD,
        arguments: { reason },
        detail: reason,
      });
      if (mustSucceed) throw hostKeyRefused(host, hostKeyId, reason);
      return;
    }
    await this.#inventory.seeHost(host.id, { cryptoState: 'safe', requiresEncryption: true });
    this.#observer.emit({ type: 'HOST_CRYPTO_ENABLED', host: host.name, keyId: hostKeyId });
    const type = 'com.vmware.vc.host.Crypto.Enabled';
    await this.#eventLog.record({ type, entity: hostEntity(host), user: VPXD });
    await this.#alarms.clear(ALARM_NAMES.hostRequiresEncryptionMode, hostEntity(host));
  }
}

function hostKeyRefused({ name: host }: ReachedHost, keyId: CryptoKeyId, reason: string): VCenterError {
  return new VCenterError(
    { code: 'KEY_PUSH_FAILED', host, keyId, reason },
    `Host ${host} cannot be brought into encryption mode (${reason}). Check its version and state, then reconnect it.`,
  );
}
