import type { XtsEngine } from '@vcryptsim/crypto-core';
import type {
  Clock,
  CryptoKeyId,
  Entropy,
  EventSink,
  FileSystem,
  HostName,
  HostUuid,
  SectorCount,
  VmUuid,
} from '@vcryptsim/ports';
import type { EsxiVersion } from '../api/crypto-state.js';
import type { CryptoKeyResult, HostApi, HostRuntime, KeyGrant } from '../api/host-api.js';
import type { VmCreateSpec, VmInfo } from '../api/vm.js';
import type { DatastoreMount } from '../datastore/datastore.js';
import type { ImageSource, ProgressListener } from '../disk/fill-extent.js';
import type { GuestDisk } from '../disk/guest-disk.js';
import type { HostEvent } from '../events.js';

/** What a host is built from; nothing else reaches it. */
export interface EsxiHostOptions {
  readonly name: HostName;
  readonly uuid: HostUuid;
  readonly version: EsxiVersion;
  /** Absolute path of the host's own configuration folder. */
  readonly folder: string;
  /** The first one takes new VMs that name none. */
  readonly datastores: readonly DatastoreMount[];
  readonly files: FileSystem;
  readonly clock: Clock;
  /** Forked for this host and this incarnation. */
  readonly entropy: Entropy;
  readonly events: EventSink<HostEvent>;
  readonly engine: XtsEngine;
  /** Counts boots from 1. */
  readonly incarnation: number;
}

/** Where a plain copy of a disk went. */
export interface ExportedDisk {
  readonly descriptorPath: string;
  readonly extentPath: string;
  readonly capacity: SectorCount;
}

/** One boot of one ESXi host. */
export declare class EsxiHost implements HostApi {
  static boot(options: EsxiHostOptions): Promise<EsxiHost>;
  readonly name: HostName;
  readonly uuid: HostUuid;
  readonly version: EsxiVersion;
  runtime(): Promise<HostRuntime>;
  prepareCrypto(): Promise<void>;
  enableCrypto(hostKey: KeyGrant): Promise<void>;
  addKeys(grants: readonly KeyGrant[]): Promise<readonly CryptoKeyResult[]>;
  removeKeys(ids: readonly CryptoKeyId[], force: boolean): Promise<readonly CryptoKeyResult[]>;
  listKeys(): Promise<readonly CryptoKeyId[]>;
  createVm(spec: VmCreateSpec): Promise<VmInfo>;
  registerVm(vmxPath: string): Promise<VmInfo>;
  unregisterVm(uuid: VmUuid): Promise<void>;
  powerOnVm(uuid: VmUuid): Promise<void>;
  powerOffVm(uuid: VmUuid): Promise<void>;
  vm(uuid: VmUuid): Promise<VmInfo>;
  vms(): Promise<readonly VmInfo[]>;
  openDisk(uuid: VmUuid, deviceKey: number): Promise<GuestDisk>;
  importDisk(uuid: VmUuid, deviceKey: number, source: ImageSource, onProgress?: ProgressListener): Promise<void>;
  exportDisk(
    uuid: VmUuid,
    deviceKey: number,
    target: { folder: string; name: string },
    onProgress?: ProgressListener,
  ): Promise<ExportedDisk>;
  shutDown(): Promise<void>;
}
