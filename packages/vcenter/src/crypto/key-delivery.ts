import type { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import type { CryptoKeyStatus, KeyGrant } from '@vcryptsim/hypervisor/api';
import { assert, type CryptoKeyId, type EventSink, formatKeyId, type MoRef, type ProviderId } from '@vcryptsim/ports';
import { VPXD } from '../database/schema.js';
import { askEach, type ReachedHost } from '../inventory/host-connections.js';
import { hostEntity } from '../records/entity.js';
import type { EventLog } from '../records/event-log.js';
import { codeOf, VCenterError } from '../terms/errors.js';
import type { VCenterEvent } from '../terms/events.js';
import type { Keys } from './keys.js';

/** Why keys did not reach a host, by `keyId/providerId`; empty when all are there. */
export type DeliveryFailures = ReadonlyMap<string, VCenterError>;

/** A key on its way, and the hosts that it is for. */
export interface KeyShipment {
  readonly id: CryptoKeyId;
  readonly parcel: KeyParcel;
  /** At least one. */
  readonly hosts: readonly ReachedHost[];
}

/** Why hosts did not take keys: by host, then by `keyId/providerId`. */
type Refusals = ReadonlyMap<MoRef<'HostSystem'>, DeliveryFailures>;

/** So many keys go to a host in one call; more wait sealed in vCenter no longer than it takes to fetch these (ours). */
const KEYS_AT_ONCE_MAX = 100;

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
   * to these, together with the others. A key that fails does not hold up the others, unless its provider cannot be
   * reached at all.
   *
   * @param ids each once
   * @param hosts in encryption mode, at least one
   * @returns what kept a key from the first of the hosts; another one gets its keys at remediation
   */
  async deliver(ids: readonly CryptoKeyId[], hosts: readonly ReachedHost[]): Promise<DeliveryFailures> {
    const target = hosts[0];
    assert(target, 'keys are delivered to at least one host');
    const failures = new Map<string, VCenterError>();
    const unreachable = new Map<ProviderId, VCenterError>();
    const caches = await askEach(hosts, async ({ api }) => heldOf(await api.getCryptoKeyStatus(ids)));
    let fetched: KeyShipment[] = [];
    const sendFetched = async () => {
      const refusals = await this.send(fetched);
      fetched = [];
      for (const [key, refusal] of refusals.get(target.id) ?? []) failures.set(key, refusal);
    };
    try {
      for (const id of ids) {
        const lacking = [...caches.keys()].filter((host) => !caches.get(host)?.has(formatKeyId(id)));
        if (lacking.length === 0) continue;
        const parcel = unreachable.get(id.providerId) ?? (await this.#fetch(id));
        if (!(parcel instanceof VCenterError)) fetched.push({ id, parcel, hosts: lacking });
        else {
          if (isOfProvider(parcel)) unreachable.set(id.providerId, parcel);
          if (lacking.includes(target)) failures.set(formatKeyId(id), parcel);
        }
        if (fetched.length === KEYS_AT_ONCE_MAX) await sendFetched();
      }
      await sendFetched();
    } finally {
      for (const { parcel } of fetched) parcel.dispose();
    }
    return failures;
  }

  async #fetch(id: CryptoKeyId): Promise<KeyParcel | VCenterError> {
    try {
      return await this.#keys.fetch(id);
    } catch (error) {
      if (error instanceof VCenterError) return error;
      throw error;
    }
  }

  /**
   * Sends keys to hosts, each host all of its own in one call, with parcels of its own. Whatever happens, no parcel is
   * left.
   *
   * @returns what those hosts refused with that did not take a key
   */
  async send(shipments: readonly KeyShipment[]): Promise<Refusals> {
    const refusals = new Map<MoRef<'HostSystem'>, DeliveryFailures>();
    const grants = new Map<ReachedHost, KeyGrant[]>();
    try {
      for (const { id, parcel, hosts } of shipments) {
        for (const [index, own] of parcel.split(hosts.length).entries()) {
          const host = hosts[index];
          assert(host, 'a parcel was made for each host');
          const ofHost = grants.get(host) ?? [];
          ofHost.push({ id, parcel: own });
          grants.set(host, ofHost);
        }
      }
      for (const [host, own] of grants) refusals.set(host.id, await this.#sendTo(host, own));
      return refusals;
    } finally {
      for (const { parcel } of shipments) parcel.dispose();
      for (const { parcel } of [...grants.values()].flat()) parcel.dispose();
    }
  }

  async #sendTo(host: ReachedHost, grants: readonly KeyGrant[]): Promise<DeliveryFailures> {
    const failures = new Map<string, VCenterError>();
    const reasons = await addKeys(host, grants);
    for (const [index, { id }] of grants.entries()) {
      const reason = reasons[index] ?? null;
      if (reason === null) this.#observer.emit({ type: 'KEY_PUSHED', keyId: id, host: host.name });
      else failures.set(formatKeyId(id), await this.#tellRefused(host, id, reason));
    }
    return failures;
  }

  async #tellRefused(reached: ReachedHost, id: CryptoKeyId, reason: string): Promise<VCenterError> {
    const { name: host } = reached;
    this.#observer.emit({ type: 'KEY_PUSH_FAILED', keyId: id, host, code: reason });
    await this.#eventLog.record({
      type: 'com.vmware.vc.host.Crypto.SendKeyError.HostError',
      entity: hostEntity(reached),
      user: VPXD,
      arguments: { keyId: formatKeyId(id), reason },
      detail: formatKeyId(id),
    });
    return new VCenterError(
      { code: 'KEY_PUSH_FAILED', host, keyId: id, reason },
      `Host ${host} did not take key ${formatKeyId(id)} (${reason}). It is tried again at the next remediation; reconnect the host to try now.`,
    );
  }
}

function heldOf(statuses: readonly CryptoKeyStatus[]): ReadonlySet<string> {
  return new Set(statuses.filter(({ present }) => present).map(({ id }) => formatKeyId(id)));
}

/** Answers why the host did not take each key, or null, in the order of the keys. */
async function addKeys(host: ReachedHost, grants: readonly KeyGrant[]): Promise<readonly (string | null)[]> {
  try {
    const results = await host.api.addKeys(grants);
    return grants.map((_, index) => {
      const result = results[index];
      return result?.success || result?.reason === 'AlreadyExists' ? null : (result?.reason ?? 'NoAnswer');
    });
  } catch (error) {
    const code = codeOf(error);
    if (code === null) throw error;
    return grants.map(() => code);
  }
}

/** Says whether the other keys of the provider would fail for the same reason. */
function isOfProvider({ fault }: VCenterError): boolean {
  return fault.code === 'PROVIDER_NOT_FOUND' || (fault.code === 'KMS_CLUSTER_ERROR' && !fault.answered);
}
