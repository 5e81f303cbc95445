import type { Kek } from '@vcryptsim/crypto-core';
import { openParcel } from '@vcryptsim/crypto-core/parcel-open';
import {
  type CryptoKeyResult,
  type CryptoState,
  capabilityOf,
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
  sameKeyId,
  type VmUuid,
} from '@vcryptsim/ports';

/**
 * A host without files: crypto mode and a key cache with real keys, and VMs that are only names. It runs the suite of
 * HostApi that real hosts run (fake-host.test.ts).
 */
export class FakeHost implements HostApi {
  readonly uuid: HostUuid;
  readonly version = '7.0U2';
  readonly capability = capabilityOf('7.0U2');
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

  runtime(): Promise<HostRuntime> {
    return this.#call([], () => ({
      cryptoState: this.state,
      cryptoKeyId: this.hostKeyId,
      incarnation: this.incarnation,
    }));
  }

  prepareCrypto(): Promise<void> {
    return this.#call([], () => {
      if (this.state !== 'incapable') throw this.#invalidState();
      this.state = 'prepared';
    });
  }

  enableCrypto(hostKey: KeyGrant): Promise<void> {
    return this.#call([hostKey], () => {
      if (this.hostKeyId !== null) {
        if (sameKeyId(this.hostKeyId, hostKey.id)) return;
        throw new HypervisorError({ code: 'ALREADY_EXISTS', what: 'host key' }, 'There is another host key.');
      }
      if (this.state !== 'prepared') throw this.#invalidState();
      if (!this.cache.has(formatKeyId(hostKey.id))) this.cache.set(formatKeyId(hostKey.id), openParcel(hostKey.parcel));
      this.state = 'safe';
      this.hostKeyId = hostKey.id;
    });
  }

  addKeys(grants: readonly KeyGrant[]): Promise<readonly CryptoKeyResult[]> {
    this.calls += 1;
    return this.#call(grants, () => {
      if (this.refuse === 'before taking') throw gone();
      return grants.map((grant): CryptoKeyResult => {
        const reason = this.#refusalOf(grant);
        if (reason !== null) return { id: grant.id, success: false, reason };
        this.cache.set(formatKeyId(grant.id), openParcel(grant.parcel));
        return { id: grant.id, success: true };
      });
    });
  }

  removeKeys(ids: readonly CryptoKeyId[], force: boolean): Promise<readonly CryptoKeyResult[]> {
    return this.#call([], () =>
      ids.map((id): CryptoKeyResult => {
        const name = formatKeyId(id);
        if (!this.cache.has(name)) return force ? { id, success: true } : { id, success: false, reason: 'NotFound' };
        const used = [this.hostKeyId, ...this.registered.map(keyOf)];
        if (!force && used.some((one) => one !== null && sameKeyId(one, id))) {
          return { id, success: false, reason: 'ResourceInUse' };
        }
        this.cache.get(name)?.dispose();
        return { id, success: this.cache.delete(name) };
      }),
    );
  }

  listKeys(): Promise<readonly CryptoKeyId[]> {
    return this.#call([], () =>
      [...this.cache.keys()].map((text) => {
        const slash = text.lastIndexOf('/');
        return { keyId: text.slice(0, slash), providerId: text.slice(slash + 1) } as CryptoKeyId;
      }),
    );
  }

  createVm(spec: VmCreateSpec): Promise<VmInfo> {
    return this.#call([], () => {
      const keyId = keyOf(spec);
      if (keyId && !this.cache.has(formatKeyId(keyId))) {
        throw new HypervisorError({ code: 'KEY_NOT_IN_CACHE', requiredKeys: [keyId] }, 'Push the key first.');
      }
      if (this.registered.some(({ uuid }) => uuid === spec.uuid)) {
        throw new HypervisorError({ code: 'ALREADY_EXISTS', what: 'VM' }, 'There is such a VM.');
      }
      this.registered.push(spec);
      return this.#infoOf(spec);
    });
  }

  registerVm(vmxPath: string): Promise<VmInfo> {
    return this.#call([], () => {
      throw new HypervisorError({ code: 'VM_NOT_FOUND', vm: vmxPath }, 'There is no such file.');
    });
  }

  unregisterVm(uuid: VmUuid): Promise<void> {
    return this.#call([], () => {
      const spec = this.#find(uuid);
      this.#checkPower(uuid, false);
      this.registered.splice(this.registered.indexOf(spec), 1);
    });
  }

  powerOnVm(uuid: VmUuid): Promise<void> {
    return this.#call([], () => {
      const { missingKeys, name } = this.#infoOf(this.#find(uuid));
      this.#checkPower(uuid, false);
      if (missingKeys.length > 0) {
        throw new HypervisorError({ code: 'VM_LOCKED', vm: name, requiredKeys: missingKeys }, 'The VM is locked.');
      }
      this.poweredOn.add(uuid);
    });
  }

  powerOffVm(uuid: VmUuid): Promise<void> {
    return this.#call([], () => {
      this.#find(uuid);
      this.#checkPower(uuid, true);
      this.poweredOn.delete(uuid);
    });
  }

  vm(uuid: VmUuid): Promise<VmInfo> {
    return this.#call([], () => this.#infoOf(this.#find(uuid)));
  }

  vms(): Promise<readonly VmInfo[]> {
    return this.#call([], () => this.registered.map((spec) => this.#infoOf(spec)));
  }

  /** As a real host: nothing is answered after the end of its boot, and a parcel that was handed in is spent. */
  async #call<T>(grants: readonly KeyGrant[], work: () => T): Promise<T> {
    this.parcels.push(...grants.map(({ parcel }) => parcel));
    try {
      if (this.#gone) throw gone();
      return work();
    } finally {
      for (const { parcel } of grants) parcel.dispose();
    }
  }

  #refusalOf({ id, parcel }: KeyGrant): NonNullable<CryptoKeyResult['reason']> | null {
    const takesKeys = this.state === 'prepared' || this.state === 'safe';
    if (this.refuse === 'by result' || !takesKeys) return 'InvalidState';
    if (id.keyId === '' || id.providerId === '') return 'InvalidArgument';
    if (this.cache.has(formatKeyId(id))) return 'AlreadyExists';
    return parcel.spent ? 'InvalidArgument' : null;
  }

  #find(uuid: VmUuid): VmCreateSpec {
    const spec = this.registered.find((vm) => vm.uuid === uuid);
    if (spec) return spec;
    throw new HypervisorError({ code: 'VM_NOT_FOUND', vm: uuid }, 'There is no such VM.');
  }

  #infoOf(spec: VmCreateSpec): VmInfo {
    const { uuid, name } = spec;
    const keyId = keyOf(spec);
    const missing = keyId !== null && !this.cache.has(formatKeyId(keyId)) ? [keyId] : [];
    const isOn = this.poweredOn.has(uuid);
    // A VM that runs has its DEKs: it does not lock.
    const locked = missing.length > 0 && !isOn;
    return {
      uuid,
      name,
      vmxPath: `[ds] ${name}/${name}.vmx`,
      powerState: isOn ? 'poweredOn' : 'poweredOff',
      connectionState: locked ? 'invalid' : 'connected',
      cryptoState: locked ? 'locked' : 'unlocked',
      keyId,
      disks: spec.disks.map((disk, index) => ({
        deviceKey: 2000 + index,
        uuid: `disk-${index}` as DiskUuid,
        fileName: `[ds] ${name}/${name}_${index}.vmdk`,
        capacity: disk.capacity,
        keyId,
        unlocked: !locked,
      })),
      missingKeys: missing,
    };
  }

  #checkPower(uuid: VmUuid, wanted: boolean): void {
    if (this.poweredOn.has(uuid) === wanted) return;
    const existing = wanted ? 'poweredOff' : 'poweredOn';
    throw new HypervisorError({ code: 'INVALID_POWER_STATE', existing }, `The VM is ${existing}.`);
  }

  #invalidState(): HypervisorError {
    return new HypervisorError({ code: 'INVALID_STATE', state: this.state }, 'Not in this state.');
  }
}

function gone(): HypervisorError {
  return new HypervisorError({ code: 'HOST_GONE' }, 'This host rebooted.');
}

function keyOf({ crypto }: VmCreateSpec): CryptoKeyId | null {
  return crypto?.type === 'Encrypt' ? crypto.cryptoKeyId : null;
}
