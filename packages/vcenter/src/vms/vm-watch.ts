import type { VmInfo } from '@vcryptsim/hypervisor/api';
import { type EventSink, formatKeyId } from '@vcryptsim/ports';
import type { DeliveryFailures } from '../crypto/key-delivery.js';
import type { VmRecord } from '../database/schema.js';
import type { VCenterErrorCode } from '../errors.js';
import type { VCenterEvent } from '../events.js';
import type { ReachedHost } from '../inventory/host-connections.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Alarms } from '../records/alarms.js';
import { vmEntity } from '../records/entity.js';
import type { EventLog } from '../records/event-log.js';
import { ALARM_NAMES, EVENT_SENTENCES, type EventType } from '../records/event-types.js';

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
    for (const vm of await this.#inventory.seeVms(host.name, seen)) {
      await this.#eventLog.record('vim.event.VmDiscoveredEvent', vmEntity(vm));
    }
    return seen;
  }

  /**
   * Notes the VMs of a host, raises the alarm of each one that is locked and clears that of each one that no longer is.
   *
   * @param failures of the keys that were just tried; left out, a VM that is known to be locked keeps its reason
   */
  async judge(host: ReachedHost, failures?: DeliveryFailures): Promise<void> {
    for (const vm of await this.note(host)) {
      if (vm.cryptoState === 'locked') await this.#tellLocked(vm, failures);
      else await this.#tellUnlocked(vm);
    }
  }

  /** Takes back the alarm of a VM that leaves the inventory. */
  async forget(vm: VmRecord): Promise<void> {
    await this.#alarms.clear(ALARM_NAMES.vmLocked, vmEntity(vm));
  }

  async #tellLocked(vm: VmInfo, failures: DeliveryFailures | undefined): Promise<void> {
    if (!failures && this.#alarms.isRaised(ALARM_NAMES.vmLocked, vmEntity(vm))) return;
    const type: EventType = `com.vmware.vc.vm.Crypto.VMLocked.${reasonOf(vm, failures ?? new Map())}`;
    if (!(await this.#alarms.raise(ALARM_NAMES.vmLocked, vmEntity(vm), EVENT_SENTENCES[type]))) return;
    this.#observer.emit({ type: 'VM_LOCK_SEEN', vm: vm.uuid, missingKeys: vm.missingKeys.length });
    await this.#eventLog.record(type, vmEntity(vm), vm.missingKeys.map(formatKeyId).join(', '));
  }

  async #tellUnlocked(vm: VmInfo): Promise<void> {
    if (!(await this.#alarms.clear(ALARM_NAMES.vmLocked, vmEntity(vm)))) return;
    this.#observer.emit({ type: 'VM_UNLOCK_SEEN', vm: vm.uuid });
    await this.#eventLog.record('com.vmware.vc.vm.Crypto.VMUnlocked', vmEntity(vm));
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
