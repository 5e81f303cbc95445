import type { VmInfo } from '@vcryptsim/hypervisor/api';
import { type EventSink, formatKeyId, type MoRef, type VmUuid } from '@vcryptsim/ports';
import type { DeliveryFailures } from '../crypto/key-delivery.js';
import { type VmRecord, VPXD } from '../database/schema.js';
import type { ReachedHost } from '../inventory/host-connections.js';
import type { Inventory } from '../inventory/inventory.js';
import type { AppliedPolicy } from '../inventory/vm-record.js';
import type { Alarms } from '../records/alarms.js';
import { vmEntity } from '../records/entity.js';
import type { EventLog } from '../records/event-log.js';
import { ALARM_NAMES, type EventType } from '../records/event-texts.js';
import type { VCenterErrorCode } from '../terms/errors.js';
import type { VCenterEvent } from '../terms/events.js';
import { Turns } from '../terms/turns.js';
import { HostView } from './host-view.js';

type LockReason = 'KMSClusterError' | 'KeyMissingOnKMS' | 'KeyMissingOnHost';

/** What was last heard of each host, and in whose turn it is heard; one for all that watch the same hosts. */
export class VmWatchMemory {
  readonly views = new Map<MoRef<'HostSystem'>, HostView>();
  readonly turns = new Turns<MoRef<'HostSystem'>>();
}

/**
 * Takes over what hosts say of their VMs, and tells of those that are locked or no longer so. It asks a host for what
 * changed since it last asked, so a host on which nothing happened costs nothing for each of its VMs.
 *
 * What a host says is taken over in turns, one for each host: an answer is never laid over a later one.
 */
export class VmWatch {
  readonly #inventory: Inventory;
  readonly #eventLog: EventLog;
  readonly #alarms: Alarms;
  readonly #observer: EventSink<VCenterEvent>;
  readonly #memory: VmWatchMemory;

  constructor(o: {
    readonly inventory: Inventory;
    readonly eventLog: EventLog;
    readonly alarms: Alarms;
    readonly observer: EventSink<VCenterEvent>;
    readonly memory: VmWatchMemory;
  }) {
    this.#inventory = o.inventory;
    this.#eventLog = o.eventLog;
    this.#alarms = o.alarms;
    this.#observer = o.observer;
    this.#memory = o.memory;
  }

  /** Notes what changed of the VMs of a host, without a word on locks: keys may be on their way. */
  async note(host: ReachedHost): Promise<void> {
    await this.#memory.turns.take(host.id, () => this.#note(host));
  }

  /**
   * Notes one VM of a host as it is now.
   *
   * @param applied what a VM that is being made was asked to have
   * @returns its record if it was not known before, else null
   */
  look(host: ReachedHost, uuid: VmUuid, applied?: AppliedPolicy): Promise<VmRecord | null> {
    return this.#memory.turns.take(host.id, async () => {
      const info = await host.api.vm(uuid);
      const [added] = await this.#inventory.seeVms(this.#inventory.host(host.id), [info], applied);
      return added ?? null;
    });
  }

  /**
   * Notes what changed of the VMs of a host, raises the alarm of each one that is locked now and clears that of each one
   * that no longer is.
   *
   * @param failures of the keys that were just tried: VMs that wait for one of them get its reason; another VM that is
   *   known to be locked keeps its own
   */
  async judge(host: ReachedHost, failures?: DeliveryFailures): Promise<void> {
    await this.#memory.turns.take(host.id, async () => {
      const view = await this.#note(host);
      const waiting = view.waitingFor(failures?.keys() ?? []);
      const infos = new Map([...view.unjudged(), ...waiting].map((info) => [info.uuid, info]));
      for (const info of infos.values()) {
        await this.#judgeOne(info, failures);
        view.judged(info);
      }
    });
  }

  /** Takes back the alarm of a VM that leaves the inventory. */
  async forget(vm: VmRecord): Promise<void> {
    await this.#alarms.clear(ALARM_NAMES.vmLocked, vmEntity(vm));
  }

  async #note(host: ReachedHost): Promise<HostView> {
    const { incarnation } = host.runtime;
    const known = this.#memory.views.get(host.id);
    const view = known?.incarnation === incarnation ? known : new HostView(incarnation);
    const changes = await host.api.vmChanges(view.revision);
    const added = await this.#inventory.seeVms(this.#inventory.host(host.id), changes.changed);
    view.take(changes);
    this.#memory.views.set(host.id, view);
    for (const vm of added) {
      await this.#eventLog.record({ type: 'vim.event.VmDiscoveredEvent', entity: vmEntity(vm), user: VPXD });
    }
    return view;
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
