import { createHash } from 'node:crypto';
import { nativeEngine, type XtsEngine } from '@vcryptsim/crypto-core';
import { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import { EsxiHost, type GuestDisk } from '@vcryptsim/hypervisor';
import type { KeyGrant } from '@vcryptsim/hypervisor/api';
import {
  type CryptoKeyId,
  type FileSystem,
  type HostName,
  type HostUuid,
  type KeyId,
  makeFolders,
  type ProviderId,
  sectorCount,
  type VmName,
  type VmUuid,
} from '@vcryptsim/ports';
import { OsFileSystem, SystemClock, SystemEntropy } from '@vcryptsim/ports/os';

/** The one VM of a measured host. */
export const VM: VmUuid = '6d65612d-7375-4265-9400-000000000001' as VmUuid;
const DEVICE_KEY = 2000;
const NAME = 'measured';

/** Where a measured host has its files. */
export interface HostPlace {
  /** Absolute; of this host alone. */
  readonly folder: string;
  /** Counts boots on this folder, from 1. */
  readonly boot: number;
}

/** A disk as the one VM has it: `null` is plain. */
export type MeasuredUnit = 512 | 4096 | null;

/**
 * One host alone on real files: nothing else, no vCenter and no key server, is on the processor while it is measured. Its
 * KEKs are computed from their IDs, because a KEK is not what is measured.
 */
export class MeasuredHost {
  readonly host: EsxiHost;
  readonly engine: XtsEngine;
  readonly #place: HostPlace;

  private constructor(host: EsxiHost, engine: XtsEngine, place: HostPlace) {
    this.host = host;
    this.engine = engine;
    this.#place = place;
  }

  /** Boots the host of a folder and gives it all KEKs of its boots so far; {@link newKeyId} is the latest. */
  static async boot(place: HostPlace, files: FileSystem = new OsFileSystem()): Promise<MeasuredHost> {
    const datastore = `${place.folder}/ds1`;
    await makeFolders(files, datastore);
    const engine = nativeEngine();
    const host = await EsxiHost.boot({
      ...{ name: 'esx-1' as HostName, uuid: '6d65612d-7375-4265-9400-0000000000ff' as HostUuid, version: '7.0U2' },
      ...{ folder: `${place.folder}/host`, datastores: [{ name: 'ds1', folder: datastore }], files, engine },
      ...{ clock: new SystemClock(), entropy: new SystemEntropy(), events: { emit: () => {} } },
      incarnation: place.boot,
    });
    await host.prepareCrypto();
    await host.enableCrypto(grantOf('host'));
    await host.addKeys(Array.from({ length: place.boot }, (_, before) => grantOf(`boot-${before + 1}`)));
    return new MeasuredHost(host, engine, place);
  }

  /** The extent of the VM's disk, whatever a rewrite named it. */
  static async extentPath({ folder }: Pick<HostPlace, 'folder'>): Promise<string> {
    const home = `${folder}/ds1/${NAME}`;
    const name = (await new OsFileSystem().readdir(home)).find((each) => each.endsWith('-flat.vmdk'));
    if (name === undefined) throw new Error(`${home} has no extent`);
    return `${home}/${name}`;
  }

  /** A KEK that nothing is under yet when this boot begins. */
  get newKeyId(): CryptoKeyId {
    return keyIdOf(`boot-${this.#place.boot}`);
  }

  /** Makes the VM with one disk of zeros. */
  async createVm(sizeBytes: number, unit: MeasuredUnit): Promise<void> {
    await this.host.createVm({
      ...{ name: NAME as VmName, uuid: VM },
      ...(unit !== null && { crypto: { type: 'Encrypt', cryptoKeyId: this.newKeyId } }),
      disks: [{ capacity: sectorCount(sizeBytes / 512), ...(unit !== null && { dataUnitSizeBytes: unit }) }],
    });
  }

  /** Lets the guest do something with its disk, powered on meanwhile. */
  async asGuest<T>(work: (disk: GuestDisk) => Promise<T>): Promise<T> {
    await this.host.powerOnVm(VM);
    const result = await work(await this.host.openDisk(VM, DEVICE_KEY));
    await this.host.powerOffVm(VM);
    return result;
  }
}

function keyIdOf(name: string): CryptoKeyId {
  return { keyId: `bench-${name}` as KeyId, providerId: 'bench' as ProviderId };
}

function grantOf(name: string): KeyGrant {
  return { id: keyIdOf(name), parcel: KeyParcel.seal(createHash('sha256').update(`KEK of ${name}`).digest()) };
}
