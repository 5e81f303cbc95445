import { createHash } from 'node:crypto';
import { nativeEngine, type XtsEngine } from '@vcryptsim/crypto-core';
import { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import { EsxiHost, type GuestDisk } from '@vcryptsim/hypervisor';
import type { CryptoSpec, KeyGrant, VmCreateSpec } from '@vcryptsim/hypervisor/api';
import {
  type CryptoKeyId,
  type FileSystem,
  formatKeyId,
  type HostName,
  type HostUuid,
  type KeyId,
  makeFolders,
  type ProviderId,
  type SectorCount,
  sectorCount,
  sectorIndex,
  type VmName,
  type VmUuid,
} from '@vcryptsim/ports';
import { SeededEntropy, VirtualClock } from '@vcryptsim/simkit';

export const VM = '4f1d1d0e-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;
export const DATASTORE = '/lab/datastores/ds1';
export const VM_FOLDER = `${DATASTORE}/web`;
const HOST_FOLDER = '/lab/hosts/esx-1';
const START_MS = Date.UTC(2030, 2, 17, 17, 46, 40);
const SECTOR_BYTES = 512;

/** A key that a key server would have. */
export interface Kek {
  readonly id: CryptoKeyId;
  readonly bytes: Uint8Array;
}

function kek(keyId: string): Kek {
  const id = { keyId: keyId as KeyId, providerId: 'corp-kms' as ProviderId };
  return { id, bytes: new Uint8Array(createHash('sha256').update(`KEK ${keyId}`).digest()) };
}

const HOST_KEY = kek('host-key');
export const OLD = kek('3fa85f64-5717-4562-b3fc-2c963f66afa6');
export const NEW = kek('other/key+with=marks');
export const THIRD = kek('77777777-5717-4562-b3fc-2c963f66afa6');
export const ALL_KEYS: readonly Kek[] = [OLD, NEW, THIRD];

/** The specs that change keys to those of here. */
export const SHALLOW: CryptoSpec = { type: 'ShallowRecrypt', newKeyId: NEW.id };
export const DEEP: CryptoSpec = { type: 'DeepRecrypt', newKeyId: NEW.id };
export const ENCRYPT: CryptoSpec = { type: 'Encrypt', cryptoKeyId: OLD.id };
export const DECRYPT: CryptoSpec = { type: 'Decrypt' };

let engine: XtsEngine | undefined;

/** One for all: it holds nothing. */
export function xtsEngine(): XtsEngine {
  engine ??= nativeEngine();
  return engine;
}

/** A host that is fresh: what it knows it has from the medium and the keys. */
export class VmWorld {
  private constructor(
    readonly files: FileSystem,
    readonly host: EsxiHost,
  ) {}

  /**
   * Boots a host and gives it the keys.
   *
   * @param incarnation of the host: another one in each boot of one medium, and the same in each run, so that what is drawn
   *   is never drawn twice and equal states are equal bytes
   */
  static async boot(files: FileSystem, incarnation: number, keys: readonly Kek[] = ALL_KEYS): Promise<VmWorld> {
    await makeFolders(files, DATASTORE);
    const host = await EsxiHost.boot({
      name: 'esx-1' as HostName,
      uuid: '00000000-0000-4000-8000-000000000001' as HostUuid,
      version: '7.0U2',
      folder: HOST_FOLDER,
      datastores: [{ name: 'ds1', folder: DATASTORE }],
      files,
      clock: new VirtualClock({ startMs: START_MS }),
      entropy: new SeededEntropy(7).fork('esx-1', incarnation),
      events: { emit: () => {} },
      engine: xtsEngine(),
      incarnation,
    });
    await host.prepareCrypto();
    await host.enableCrypto(grant(HOST_KEY));
    const world = new VmWorld(files, host);
    await world.grant(keys);
    return world;
  }

  /** Gives the host keys. */
  async grant(keys: readonly Kek[]): Promise<void> {
    if (keys.length > 0) await this.host.addKeys(keys.map(grant));
  }

  /** The keys that the files of the VM name: of the home, then of each disk. */
  async keys(): Promise<readonly (CryptoKeyId | null)[]> {
    const { keyId, disks } = await this.host.vm(VM);
    return [keyId, ...disks.map((disk) => disk.keyId)];
  }

  /** The device keys of its disks. */
  async deviceKeys(): Promise<readonly number[]> {
    return (await this.host.vm(VM)).disks.map(({ deviceKey }) => deviceKey);
  }

  /** The whole of a disk of the running VM. */
  async read(deviceKey: number): Promise<Uint8Array> {
    const disk = await this.host.openDisk(VM, deviceKey);
    const bytes = new Uint8Array(disk.capacity * SECTOR_BYTES);
    await disk.readSectors(sectorIndex(0), bytes);
    await disk.close();
    return bytes;
  }
}

function grant({ id, bytes }: Kek): KeyGrant {
  return { id, parcel: KeyParcel.seal(Uint8Array.from(bytes)) };
}

/** Fills a disk of the running VM from its first sector on, and makes it durable. */
export async function fill(disk: GuestDisk, bytes: Uint8Array): Promise<void> {
  await disk.writeSectors(sectorIndex(0), bytes);
  await disk.flush();
}

/** A VM `web`, encrypted with {@link OLD}, unless it is to be plain. */
export function webVm(disks: readonly DiskShape[], isPlain = false): VmCreateSpec {
  return {
    name: 'web' as VmName,
    uuid: VM,
    memoryMiB: 4,
    ...(isPlain ? {} : { crypto: { type: 'Encrypt', cryptoKeyId: OLD.id } }),
    disks: disks.map(({ sizeBytes, dataUnitSizeBytes }) => ({
      capacity: sectors(sizeBytes),
      ...(dataUnitSizeBytes !== undefined && { dataUnitSizeBytes }),
    })),
  };
}

/** Size of a disk, and of its data units where they are not of 512 bytes. */
export interface DiskShape {
  readonly sizeBytes: number;
  readonly dataUnitSizeBytes?: 512 | 4096;
}

function sectors(sizeBytes: number): SectorCount {
  return sectorCount(sizeBytes / SECTOR_BYTES);
}

/** What a person reads of the keys of a VM. */
export function keysText(keys: readonly (CryptoKeyId | null)[]): string {
  return keys.map((id) => (id === null ? 'plain' : formatKeyId(id))).join(' ');
}
