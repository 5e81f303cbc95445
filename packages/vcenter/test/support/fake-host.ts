import type { Kek } from '@vcryptsim/crypto-core';
import { openParcel } from '@vcryptsim/crypto-core/parcel-open';
import {
  type CryptoKeyResult,
  type CryptoState,
  type HostApi,
  type HostRuntime,
  HypervisorError,
  type KeyGrant,
  type VmCreateSpec,
  type VmInfo,
} from '@vcryptsim/hypervisor/api';
import {
  type CryptoKeyId,
  type DiskUuid,
  formatKeyId,
  type HostName,
  type HostUuid,
  type VmUuid,
} from '@vcryptsim/ports';

/** A host of a few lines: it has crypto mode and a key cache with real keys, and VMs that are only names. */
export class FakeHost implements HostApi {
  readonly uuid: HostUuid;
  readonly version = '7.0U2';
  readonly cache = new Map<string, Kek>();
  readonly registered: VmCreateSpec[];
  readonly poweredOn = new Set<VmUuid>();
  /** Parcels that were handed in, so that tests see what became of them. */
  readonly parcels: KeyGrant['parcel'][] = [];
  state: CryptoState = 'incapable';
  hostKeyId: CryptoKeyId | null = null;
  /** What the next calls of addKeys do instead of taking the keys. */
  refuse: 'nothing' | 'by result' | 'before taking' = 'nothing';
  calls = 0;
  #gone = false;

  constructor(
    readonly name: HostName,
    readonly incarnation = 1,
    registered: VmCreateSpec[] = [],
  ) {
    this.uuid = `uuid-of-${name}` as HostUuid;
    this.registered = registered;
  }

  /** The same host after a reboot: its files are there, its memory is empty. */
  rebooted(): FakeHost {
    return new FakeHost(this.name, this.incarnation + 1, this.registered);
  }

  /** From now on this object answers as one of an earlier boot. */
  goAway(): void {
    this.#gone = true;
  }

  async runtime(): Promise<HostRuntime> {
    this.#refuseIfGone();
    return { cryptoState: this.state, cryptoKeyId: this.hostKeyId, incarnation: this.incarnation };
  }

  async prepareCrypto(): Promise<void> {
    if (this.state !== 'incapable') throw this.#invalidState();
    this.state = 'prepared';
  }

  async enableCrypto({ id, parcel }: KeyGrant): Promise<void> {
    this.parcels.push(parcel);
    if (this.state !== 'prepared') throw this.#invalidState();
    this.cache.set(formatKeyId(id), openParcel(parcel));
    this.state = 'safe';
    this.hostKeyId = id;
  }

  async addKeys(grants: readonly KeyGrant[]): Promise<readonly CryptoKeyResult[]> {
    this.calls += 1;
    this.#refuseIfGone();
    this.parcels.push(...grants.map(({ parcel }) => parcel));
    if (this.refuse === 'before taking') throw new HypervisorError({ code: 'HOST_GONE' }, 'This host rebooted.');
    return grants.map(({ id, parcel }) => {
      if (this.refuse === 'by result' || this.state !== 'safe') {
        parcel.dispose();
        return { id, success: false, reason: 'InvalidState' };
      }
      this.cache.set(formatKeyId(id), openParcel(parcel));
      return { id, success: true };
    });
  }

  async removeKeys(ids: readonly CryptoKeyId[]): Promise<readonly CryptoKeyResult[]> {
    return ids.map((id) => ({ id, success: this.cache.delete(formatKeyId(id)) }));
  }

  async listKeys(): Promise<readonly CryptoKeyId[]> {
    this.#refuseIfGone();
    return [...this.cache.keys()].map((text) => {
      const slash = text.lastIndexOf('/');
      return { keyId: text.slice(0, slash), providerId: text.slice(slash + 1) } as CryptoKeyId;
    });
  }

  async createVm(spec: VmCreateSpec): Promise<VmInfo> {
    const keyId = keyOf(spec);
    if (keyId && !this.cache.has(formatKeyId(keyId))) {
      throw new HypervisorError({ code: 'KEY_NOT_IN_CACHE', requiredKeys: [keyId] }, 'Push the key first.');
    }
    this.registered.push(spec);
    return this.vm(spec.uuid);
  }

  async registerVm(vmxPath: string): Promise<VmInfo> {
    throw new HypervisorError({ code: 'VM_NOT_FOUND', vm: vmxPath }, 'There is no such file.');
  }

  async unregisterVm(uuid: VmUuid): Promise<void> {
    const at = this.registered.findIndex((vm) => vm.uuid === uuid);
    this.registered.splice(at, 1);
  }

  async powerOnVm(uuid: VmUuid): Promise<void> {
    const { missingKeys, name } = await this.vm(uuid);
    if (missingKeys.length > 0) {
      throw new HypervisorError({ code: 'VM_LOCKED', vm: name, requiredKeys: missingKeys }, 'The VM is locked.');
    }
    this.poweredOn.add(uuid);
  }

  async powerOffVm(uuid: VmUuid): Promise<void> {
    this.poweredOn.delete(uuid);
  }

  async vm(uuid: VmUuid): Promise<VmInfo> {
    const spec = this.registered.find((vm) => vm.uuid === uuid);
    if (!spec) throw new HypervisorError({ code: 'VM_NOT_FOUND', vm: uuid }, 'There is no such VM.');
    const keyId = keyOf(spec);
    const locked = keyId !== null && !this.cache.has(formatKeyId(keyId));
    return {
      uuid,
      name: spec.name,
      vmxPath: `[ds] ${spec.name}/${spec.name}.vmx`,
      powerState: this.poweredOn.has(uuid) ? 'poweredOn' : 'poweredOff',
      connectionState: locked ? 'invalid' : 'connected',
      cryptoState: locked ? 'locked' : 'unlocked',
      keyId,
      disks: spec.disks.map((disk, index) => ({
        deviceKey: 2000 + index,
        uuid: `disk-${index}` as DiskUuid,
        fileName: `[ds] ${spec.name}/${spec.name}_${index}.vmdk`,
        capacity: disk.capacity,
        keyId,
        unlocked: !locked,
      })),
      missingKeys: locked ? [keyId] : [],
    };
  }

  async vms(): Promise<readonly VmInfo[]> {
    return Promise.all(this.registered.map((spec) => this.vm(spec.uuid)));
  }

  #refuseIfGone(): void {
    if (this.#gone) throw new HypervisorError({ code: 'HOST_GONE' }, 'This host rebooted.');
  }

  #invalidState(): HypervisorError {
    return new HypervisorError({ code: 'INVALID_STATE', state: this.state }, 'Not in this state.');
  }
}

function keyOf({ crypto }: VmCreateSpec): CryptoKeyId | null {
  return crypto?.type === 'Encrypt' ? crypto.cryptoKeyId : null;
}
