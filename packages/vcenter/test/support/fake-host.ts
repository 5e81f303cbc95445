import { createHash } from 'node:crypto';
import { nativeEngine } from '@vcryptsim/crypto-core';
import { EsxiHost, type HostEvent } from '@vcryptsim/hypervisor';
import {
  type CryptoKeyResult,
  type CryptoKeyStatus,
  type CryptoState,
  capabilityOf,
  type DatastoreInfo,
  type DiskFileInfo,
  type EsxiVersion,
  type HostApi,
  type HostRuntime,
  HypervisorError,
  type KeyGrant,
  type SnapshotCreateSpec,
  type SnapshotInfo,
  type SnapshotList,
  type SnapshotRemoveSpec,
  type VmChanges,
  type VmCloneResult,
  type VmCloneSpec,
  type VmCreateSpec,
  type VmInfo,
  type VmReconfigureSpec,
  type WorkControl,
} from '@vcryptsim/hypervisor/api';
import {
  type CryptoKeyId,
  formatKeyId,
  type HostName,
  type HostUuid,
  makeFolders,
  readWhole,
  type VmUuid,
} from '@vcryptsim/ports';
import { MemoryFileSystem, SeededEntropy, VirtualClock } from '@vcryptsim/simkit';
import { uuidOfHost } from './host-uuid.js';

const DATASTORE = '/datastores/ds1';

/** What lasts from one boot to the next. */
interface Medium {
  readonly files: MemoryFileSystem;
  readonly version: EsxiVersion;
  readonly incarnation: number;
  /** The end of the boot before. */
  readonly before: Promise<void>;
  readonly registered: readonly VmUuid[];
}

/**
 * A host for vCenter's tests: the product's own, on a medium in memory, with what happened to it on record and refusals
 * to order. Like every host it runs the contract of HostApi (fake-host.test.ts).
 */
export class FakeHost implements HostApi {
  readonly uuid: HostUuid;
  readonly version: EsxiVersion;
  readonly capability: ReturnType<typeof capabilityOf>;
  readonly incarnation: number;
  /** Keys in the cache, as `keyId/providerId`. */
  readonly cache = new Set<string>();
  readonly registered: VmUuid[];
  readonly poweredOn = new Set<VmUuid>();
  /** Parcels that were handed in, so that tests see what became of them. */
  readonly parcels: KeyGrant['parcel'][] = [];
  state: CryptoState = 'incapable';
  /** What the next calls of addKeys do instead of taking the keys. */
  refuse: 'nothing' | 'by result' | 'before taking' = 'nothing';
  /** How often keys were sent. */
  calls = 0;
  readonly #files: MemoryFileSystem;
  readonly #host: Promise<EsxiHost>;

  constructor(
    readonly name: HostName,
    medium: Partial<Medium> = {},
  ) {
    this.uuid = uuidOfHost(name);
    this.version = medium.version ?? '7.0U2';
    this.capability = capabilityOf(this.version);
    this.incarnation = medium.incarnation ?? 1;
    this.registered = [...(medium.registered ?? [])];
    this.#files = medium.files ?? new MemoryFileSystem();
    this.#host = this.#boot(medium.before ?? Promise.resolve());
  }

  /** The same host after a reboot: its files are there, its memory is empty. */
  rebooted(): FakeHost {
    const { version, registered } = this;
    const incarnation = this.incarnation + 1;
    return new FakeHost(this.name, { files: this.#files, version, incarnation, registered, before: this.goAway() });
  }

  /** From now on this object answers as one of an earlier boot. */
  async goAway(): Promise<void> {
    await (await this.#host).shutDown();
  }

  /** The text of a VM's VMX. */
  async readVmx(uuid: VmUuid): Promise<string> {
    const { vmxPath } = await this.vm(uuid);
    return Buffer.from(await readWhole(this.#files, vmxPath.replace('[ds1] ', `${DATASTORE}/`), 2 ** 20)).toString();
  }

  /** A digest over all its files but those by which hosts lock. */
  async digest(): Promise<string> {
    const hash = createHash('sha256');
    const walk = async (folder: string): Promise<void> => {
      for (const name of await this.#files.readdir(folder)) {
        const path = `${folder === '/' ? '' : folder}/${name}`;
        const { kind } = await this.#files.lstat(path);
        if (/^\.(lock|vh)\.sf$/.test(name)) continue;
        if (kind === 'folder') await walk(path);
        else hash.update(path).update(await readWhole(this.#files, path, 2 ** 30));
      }
    };
    await this.#host;
    await walk('/');
    return hash.digest('hex');
  }

  async runtime(): Promise<HostRuntime> {
    return (await this.#host).runtime();
  }

  async prepareCrypto(): Promise<void> {
    return (await this.#host).prepareCrypto();
  }

  async enableCrypto(hostKey: KeyGrant): Promise<void> {
    this.parcels.push(hostKey.parcel);
    return (await this.#host).enableCrypto(hostKey);
  }

  async addKeys(grants: readonly KeyGrant[]): Promise<readonly CryptoKeyResult[]> {
    this.calls += 1;
    this.parcels.push(...grants.map(({ parcel }) => parcel));
    if (this.refuse === 'nothing') return (await this.#host).addKeys(grants);
    for (const { parcel } of grants) parcel.dispose();
    if (this.refuse === 'before taking') throw new HypervisorError({ code: 'HOST_GONE' }, 'This host rebooted.');
    return grants.map(({ id }) => ({ id, success: false, reason: 'InvalidState' }));
  }

  async removeKeys(ids: readonly CryptoKeyId[], force: boolean): Promise<readonly CryptoKeyResult[]> {
    return (await this.#host).removeKeys(ids, force);
  }

  async listKeys(): Promise<readonly CryptoKeyId[]> {
    return (await this.#host).listKeys();
  }

  async getCryptoKeyStatus(ids: readonly CryptoKeyId[]): Promise<readonly CryptoKeyStatus[]> {
    return (await this.#host).getCryptoKeyStatus(ids);
  }

  async datastores(): Promise<readonly DatastoreInfo[]> {
    return (await this.#host).datastores();
  }

  async reconfigureVm(uuid: VmUuid, spec: VmReconfigureSpec, control?: WorkControl): Promise<VmInfo> {
    return (await this.#host).reconfigureVm(uuid, spec, control);
  }

  async createVm(spec: VmCreateSpec, control?: WorkControl): Promise<VmInfo> {
    return (await this.#host).createVm(spec, control);
  }

  async registerVm(vmxPath: string): Promise<VmInfo> {
    return (await this.#host).registerVm(vmxPath);
  }

  async unregisterVm(uuid: VmUuid): Promise<void> {
    return (await this.#host).unregisterVm(uuid);
  }

  async powerOnVm(uuid: VmUuid): Promise<void> {
    return (await this.#host).powerOnVm(uuid);
  }

  async powerOffVm(uuid: VmUuid): Promise<void> {
    return (await this.#host).powerOffVm(uuid);
  }

  async diskFile(path: string): Promise<DiskFileInfo> {
    return (await this.#host).diskFile(path);
  }

  async suspendVm(uuid: VmUuid): Promise<void> {
    return (await this.#host).suspendVm(uuid);
  }

  async createSnapshot(uuid: VmUuid, spec: SnapshotCreateSpec, control?: WorkControl): Promise<SnapshotInfo> {
    return (await this.#host).createSnapshot(uuid, spec, control);
  }

  async revertToSnapshot(uuid: VmUuid, id: number, control?: WorkControl): Promise<VmInfo> {
    return (await this.#host).revertToSnapshot(uuid, id, control);
  }

  async removeSnapshot(uuid: VmUuid, spec: SnapshotRemoveSpec, control?: WorkControl): Promise<void> {
    return (await this.#host).removeSnapshot(uuid, spec, control);
  }

  async removeAllSnapshots(uuid: VmUuid, control?: WorkControl): Promise<void> {
    return (await this.#host).removeAllSnapshots(uuid, control);
  }

  async consolidateDisks(uuid: VmUuid, control?: WorkControl): Promise<void> {
    return (await this.#host).consolidateDisks(uuid, control);
  }

  async snapshots(uuid: VmUuid): Promise<SnapshotList> {
    return (await this.#host).snapshots(uuid);
  }

  async cloneVm(uuid: VmUuid, spec: VmCloneSpec, control?: WorkControl): Promise<VmCloneResult> {
    return (await this.#host).cloneVm(uuid, spec, control);
  }

  async markAsTemplate(uuid: VmUuid): Promise<void> {
    return (await this.#host).markAsTemplate(uuid);
  }

  async markAsVirtualMachine(uuid: VmUuid): Promise<void> {
    return (await this.#host).markAsVirtualMachine(uuid);
  }

  async vm(uuid: VmUuid): Promise<VmInfo> {
    return (await this.#host).vm(uuid);
  }

  async vms(): Promise<readonly VmInfo[]> {
    return (await this.#host).vms();
  }

  async vmChanges(since: number | null): Promise<VmChanges> {
    return (await this.#host).vmChanges(since);
  }

  async #boot(before: Promise<void>): Promise<EsxiHost> {
    await before;
    await makeFolders(this.#files, DATASTORE);
    const { name, uuid, version, incarnation } = this;
    return EsxiHost.boot({
      ...{ name, uuid, version, incarnation, files: this.#files, engine: nativeEngine() },
      ...{ folder: `/hosts/${name}`, datastores: [{ name: 'ds1', folder: DATASTORE }] },
      ...{ clock: new VirtualClock({ startMs: 0 }), entropy: new SeededEntropy(11).fork(name, incarnation) },
      events: { emit: (event) => this.#note(event) },
    });
  }

  #note(event: HostEvent): void {
    switch (event.type) {
      case 'CRYPTO_STATE_CHANGED':
        this.state = event.to;
        return;
      case 'KEY_CACHED':
        this.cache.add(formatKeyId(event.id));
        return;
      case 'KEY_REMOVED':
        this.cache.delete(formatKeyId(event.id));
        return;
      case 'VM_REGISTERED':
        this.registered.push(event.vm);
        return;
      case 'VM_UNREGISTERED':
        this.registered.splice(this.registered.indexOf(event.vm), 1);
        return;
      case 'VM_POWERED_ON':
        this.poweredOn.add(event.vm);
        return;
      case 'VM_POWERED_OFF':
        this.poweredOn.delete(event.vm);
        return;
      default:
    }
  }
}
