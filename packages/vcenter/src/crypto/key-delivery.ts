import type { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import {
  assert,
  type CryptoKeyId,
  type EventSink,
  formatKeyId,
  type HostName,
  type ProviderId,
} from '@vcryptsim/ports';
import { codeOf, VCenterError } from '../errors.js';
import type { VCenterEvent } from '../events.js';
import { askEach, type ReachedHost } from '../inventory/host-connections.js';
import type { EventLog } from '../records/event-log.js';
import type { Keys } from './keys.js';

/** Why keys did not reach a host, by `keyId/providerId`; empty when all are there. */
export type DeliveryFailures = ReadonlyMap<string, VCenterError>;

/** What hosts did not take a key for. */
type Refusals = ReadonlyMap<HostName, VCenterError>;

/** Brings keys from the key provider into the caches of hosts, without a look at them. */
export class KeyDelivery {
  readonly #keys: Keys;
  readonly #eventLog: EventLog;
  readonly #observer: EventSink<VCenterEvent>;

  constructor(o: { readonly keys: Keys; readonly eventLog: EventLog; readonly observer: EventSink<VCenterEvent> }) {
    this.#keys = o.keys;
    this.#eventLog = o.eventLog;
    this.#observer = o.observer;
  }

  /**
   * Sees to it that hosts have keys. A key that all have is not asked for; one that some lack is fetched once and sent
   * to these. A key that fails does not hold up the others, unless its provider cannot be reached at all.
   *
   * @param ids each once
   * @param hosts in encryption mode, at least one
   * @returns what kept a key from the first of the hosts; another one gets its keys at remediation
   */
  async deliver(ids: readonly CryptoKeyId[], hosts: readonly ReachedHost[]): Promise<DeliveryFailures> {
    const target = hosts[0];
    assert(target, 'keys are delivered to at least one host');
    const failures = new Map<string, VCenterError>();
    const unreachable = new Map<ProviderId, Refusals>();
    const caches = await askEach(hosts, async ({ api }) => new Set((await api.listKeys()).map(formatKeyId)));
    for (const id of ids) {
      const lacking = [...caches.keys()].filter((host) => !caches.get(host)?.has(formatKeyId(id)));
      if (lacking.length === 0) continue;
      const refusals = unreachable.get(id.providerId) ?? (await this.#fetchAndSend(id, lacking));
      if ([...refusals.values()].some(isOfProvider)) unreachable.set(id.providerId, refusals);
      const failure = refusals.get(target.name);
      if (failure) failures.set(formatKeyId(id), failure);
    }
    return failures;
  }

  async #fetchAndSend(id: CryptoKeyId, hosts: readonly ReachedHost[]): Promise<Refusals> {
    let parcel: KeyParcel;
    try {
      parcel = await this.#keys.fetch(id);
    } catch (error) {
      if (error instanceof VCenterError) return new Map(hosts.map((host) => [host.name, error]));
      throw error;
    }
    return this.send(id, parcel, hosts);
  }

  /**
   * Sends one key to some hosts, each with a parcel of its own. Whatever happens, no parcel is left.
   *
   * @returns what those hosts refused with that did not take it
   */
  async send(id: CryptoKeyId, parcel: KeyParcel, hosts: readonly ReachedHost[]): Promise<Refusals> {
    const parcels = parcel.split(hosts.length);
    const refusals = new Map<HostName, VCenterError>();
    try {
      for (const [index, host] of hosts.entries()) {
        const own = parcels[index];
        assert(own, 'a parcel was made for each host');
        const refusal = await this.#sendTo(host, id, own);
        if (refusal) refusals.set(host.name, refusal);
      }
      return refusals;
    } finally {
      for (const own of parcels) own.dispose();
    }
  }

  async #sendTo(host: ReachedHost, id: CryptoKeyId, parcel: KeyParcel): Promise<VCenterError | null> {
    const reason = await addKey(host, id, parcel);
    if (reason === null) {
      this.#observer.emit({ type: 'KEY_PUSHED', keyId: id, host: host.name });
      return null;
    }
    this.#observer.emit({ type: 'KEY_PUSH_FAILED', keyId: id, host: host.name, code: reason });
    const entity = { type: 'HostSystem', name: host.name } as const;
    await this.#eventLog.record('com.vmware.vc.host.Crypto.SendKeyError.HostError', entity, formatKeyId(id));
    return new VCenterError(
      { code: 'KEY_PUSH_FAILED', host: host.name, keyId: id, reason },
      `Host ${host.name} did not take key ${formatKeyId(id)} (${reason}). It is tried again at the next remediation; reconnect the host to try now.`,
    );
  }
}

/** Answers why the host did not take the key, or null. */
async function addKey(host: ReachedHost, id: CryptoKeyId, parcel: KeyParcel): Promise<string | null> {
  try {
    const [result] = await host.api.addKeys([{ id, parcel }]);
    if (result?.success || result?.reason === 'AlreadyExists') return null;
    return result?.reason ?? 'NoAnswer';
  } catch (error) {
    const code = codeOf(error);
    if (code === null) throw error;
    return code;
  }
}

/** Says whether the other keys of the provider would fail for the same reason. */
function isOfProvider({ fault }: VCenterError): boolean {
  return fault.code === 'PROVIDER_NOT_FOUND' || (fault.code === 'KMS_CLUSTER_ERROR' && !fault.answered);
}
