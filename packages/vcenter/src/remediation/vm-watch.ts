import type { VmInfo } from '@vcryptsim/hypervisor/api';
import { type EventSink, formatKeyId } from '@vcryptsim/ports';
import type { DeliveryFailures } from '../crypto/key-delivery.js';
import { type VmRecord, VPXD } from '../database/schema.js';
import type { ReachedHost } from '../inventory/host-connections.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Alarms } from '../records/alarms.js';
import { vmEntity } from '../records/entity.js';
import type { EventLog } from '../records/event-log.js';
import { ALARM_NAMES, type EventType } from '../records/event-texts.js';
import type { VCenterErrorCode } from '../terms/errors.js';
import type { VCenterEvent } from '../terms/events.js';

type LockReason = 'KMSClusterError' | 'KeyMissingOnKMS' | 'KeyMissingOnHost';

/** Takes over what hosts say of their VMs, and tells of those that are locked or no longer so. */
export class VmWatch {
  readonly #inventory: Inventory;
  readonly #eventLog: EventLog;
  readonly #alarms: Alarms;
  readonly #observer: EventSink<VCenterEvent>;

  constructor(o: {
    readonly inventory: Inventory;
    readonly eventLog: EventLog;
    readonly alarms: Alarms;
    readonly observer: EventSink<VCenterEvent>;
  }) {
    this.#inventory = o.inventory;
    this.#eventLog = o.eventLog;
    this.#alarms = o.alarms;
    this.#observer = o.observer;
  }

  /** Notes the VMs of a host as they are, without a word on locks: keys may be on their way. */
  async note(host: ReachedHost): Promise<readonly VmInfo[]> {
    const seen = await host.api.vms();
    for (const vm of await this.#inventory.seeVms(this.#inventory.host(host.id), seen)) {
      await this.#eventLog.record({ type: 'vim.event.VmDiscoveredEvent', entity: vmEntity(vm), user: VPXD });
    }
    return seen;
  }

  /**
   * Notes the VMs of a host, raises the alarm of each one that is locked and clears that of each one that no longer is.
   *
   * @param failures of the keys that were just tried; left out, a VM that is known to be locked keeps its reason
   */
  async judge(host: ReachedHost, failures?: DeliveryFailures): Promise<void> {
    for (const info of await this.note(host)) await this.#judgeOne(info, failures);
  }

  /** Takes back the alarm of a VM that leaves the inventory. */
  async forget(vm: VmRecord): Promise<void> {
    await this.#alarms.clear(ALARM_NAMES.vmLocked, vmEntity(vm));
  }

  async #judgeOne(info: VmInfo, failures: DeliveryFailures | undefined): Promise<void> {
    const vm = this.#inventory.vmOf(info.uuid);
    if (!vm) return;
    if (info.cryptoState === 'locked') await this.#tellLocked(vm, info, failures);
    else await this.#tellUnlocked(vm);
  }

  async #tellLocked(vm: VmRecord, info: VmInfo, failures: DeliveryFailures | undefined): Promise<void> {
    const entity = vmEntity(vm);
    if (!failures && this.#alarms.isRaised(ALARM_NAMES.vmLocked, entity)) return;
    const type: EventType = `com.vmware.vc.vm.Crypto.VMLocked.${reasonOf(info, failures ?? new Map())}`;
    if (!(await this.#alarms.raise(ALARM_NAMES.vmLocked, entity, this.#eventLog.sentence(type)))) return;
    this.#observer.emit({ type: 'VM_LOCK_SEEN', vm: vm.uuid, missingKeys: info.missingKeys.length });
    const missing = info.missingKeys.map(formatKeyId).join(', ');
    await this.#eventLog.record({ type, entity, user: VPXD, arguments: { missingKeys: missing }, detail: missing });
  }

  async #tellUnlocked(vm: VmRecord): Promise<void> {
    const entity = vmEntity(vm);
    if (!(await this.#alarms.clear(ALARM_NAMES.vmLocked, entity))) return;
    this.#observer.emit({ type: 'VM_UNLOCK_SEEN', vm: vm.uuid });
    await this.#eventLog.record({ type: 'com.vmware.vc.vm.Crypto.VMUnlocked', entity, user: VPXD });
  }
}

/** A provider that could not be asked outweighs a key that it lacks: once it can be, all may be well. */
function reasonOf(vm: VmInfo, failures: DeliveryFailures): LockReason {
  const codes = new Set<VCenterErrorCode>();
  for (const id of vm.missingKeys) {
    const failure = failures.get(formatKeyId(id));
    if (failure) codes.add(failure.code);
  }
  const atProvider: readonly VCenterErrorCode[] = [
    'KMS_CLUSTER_ERROR',
    'PROVIDER_NOT_FOUND',
    'KEY_GENERATION_FAILED',
    'NO_DEFAULT_PROVIDER',
  ];
  if (atProvider.some((code) => codes.has(code))) return 'KMSClusterError';
  if (codes.has('KEY_NOT_FOUND') || codes.has('KEY_NOT_ACTIVE')) return 'KeyMissingOnKMS';
  return 'KeyMissingOnHost';
}
