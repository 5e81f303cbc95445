// The one host of a history: it crashes, and another boots from the same files and the same keys.
import { createHash } from 'node:crypto';
import { nativeEngine } from '@vcryptsim/crypto-core';
import { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import { EsxiHost, type GuestDisk } from '@vcryptsim/hypervisor';
import {
  type CryptoKeyId,
  type HostName,
  type HostUuid,
  type KeyId,
  makeFolders,
  type ProviderId,
  readWhole,
  sectorCount,
  sectorIndex,
  type VmUuid,
} from '@vcryptsim/ports';
import { MemoryFileSystem, SecretRecorder, SeededEntropy, VirtualClock } from '@vcryptsim/simkit';
import { ByteScanner, NeedleSet, scanFolder } from '@vcryptsim/simkit/scan';
import { MEMORY_BYTES, SECTOR_BYTES } from './model.js';

export const DATASTORE = '/lab/datastores/ds1';
const OUT = '/out';
const EXTENT_LIMIT_BYTES = 2 ** 26;

/** A key that a key server would have. */
export interface Kek {
  readonly id: CryptoKeyId;
  readonly bytes: Uint8Array;
}

const HOST_KEY = kek('host-key');
export const KEKS: readonly [Kek, ...Kek[]] = [kek('first'), kek('second'), kek('third')];

function kek(keyId: string): Kek {
  const id = { keyId: keyId as KeyId, providerId: 'corp-kms' as ProviderId };
  return { id, bytes: new Uint8Array(createHash('sha256').update(`KEK ${keyId}`).digest()) };
}

/** Files in memory, and whatever host has them now. */
export class Machine {
  readonly files = new MemoryFileSystem();
  readonly #seed: number;
  readonly #recorder: SecretRecorder;
  readonly #engine = nativeEngine();
  readonly #devices = new Map<string, GuestDisk>();
  #incarnation = 0;
  #exports = 0;
  host!: EsxiHost;

  private constructor(seed: number) {
    this.#seed = seed;
    this.#recorder = new SecretRecorder(new SeededEntropy(seed).fork('masks', 0));
  }

  static async start(seed: number): Promise<Machine> {
    const machine = new Machine(seed);
    await makeFolders(machine.files, DATASTORE);
    await makeFolders(machine.files, OUT);
    await machine.#boot();
    return machine;
  }

  /** The host ends at once, whatever runs on it, and another boots. */
  async reboot(): Promise<void> {
    this.#devices.clear();
    await this.host.shutDown();
    await this.#boot();
  }

  async #boot(): Promise<void> {
    this.#incarnation += 1;
    const entropy = new SeededEntropy(this.#seed, { recorder: this.#recorder });
    this.host = await EsxiHost.boot({
      name: 'esx-1' as HostName,
      uuid: '00000000-0000-4000-8000-000000000001' as HostUuid,
      version: '7.0U2',
      folder: '/lab/hosts/esx-1',
      datastores: [{ name: 'ds1', folder: DATASTORE }],
      files: this.files,
      clock: new VirtualClock({ startMs: Date.UTC(2030, 2, 17) }),
      entropy: entropy.fork('esx-1', this.#incarnation),
      events: { emit: () => {} },
      engine: this.#engine,
      incarnation: this.#incarnation,
    });
    const grantOf = ({ id, bytes }: Kek) => ({ id, parcel: KeyParcel.seal(Uint8Array.from(bytes)) });
    await this.host.prepareCrypto();
    await this.host.enableCrypto(grantOf(HOST_KEY));
    await this.host.addKeys(KEKS.map(grantOf));
  }

  /** The device of a disk of a running VM, opened once. */
  async device(uuid: VmUuid, deviceKey: number): Promise<GuestDisk> {
    const key = `${uuid} ${deviceKey}`;
    const open = this.#devices.get(key);
    if (open !== undefined) return open;
    const device = await this.host.openDisk(uuid, deviceKey);
    this.#devices.set(key, device);
    return device;
  }

  /** Forgets the devices of a VM that was powered off, or whose disks are others now. */
  forget(uuid: VmUuid): void {
    for (const key of this.#devices.keys()) if (key.startsWith(uuid)) this.#devices.delete(key);
  }

  /** What the guest of a running VM reads of a whole disk. */
  async seenByGuest(uuid: VmUuid, deviceKey: number): Promise<Uint8Array> {
    const device = await this.device(uuid, deviceKey);
    const bytes = new Uint8Array(device.capacity * SECTOR_BYTES);
    await device.readSectors(sectorIndex(0), bytes);
    return bytes;
  }

  /** What the guest of a running VM reads of its memory. */
  async memoryOf(uuid: VmUuid): Promise<Uint8Array> {
    const port = await this.host.openMemory(uuid);
    const bytes = new Uint8Array(MEMORY_BYTES);
    await port.read(bytes, 0);
    await port.close();
    return bytes;
  }

  async writeMemory(uuid: VmUuid, bytes: Uint8Array, offsetBytes: number): Promise<void> {
    const port = await this.host.openMemory(uuid);
    await port.write(bytes, offsetBytes);
    await port.close();
  }

  /** What a plain copy of a disk of a VM that is off holds. */
  async exported(uuid: VmUuid, deviceKey: number): Promise<Uint8Array> {
    this.#exports += 1;
    const copy = await this.host.exportDisk(uuid, deviceKey, { folder: OUT, name: `copy-${this.#exports}` });
    const bytes = await readWhole(this.files, copy.extentPath, EXTENT_LIMIT_BYTES);
    await this.files.unlink(copy.extentPath);
    await this.files.unlink(copy.descriptorPath);
    return bytes;
  }

  async trim(uuid: VmUuid, deviceKey: number, start: number, count: number): Promise<void> {
    await (await this.device(uuid, deviceKey)).discardSectors(sectorIndex(start), sectorCount(count));
  }

  /**
   * Looks in every file for these bytes, for each KEK and for every secret that the host ever drew.
   *
   * @returns what was found, as a text each
   */
  async searchFiles(plain: readonly Uint8Array[]): Promise<string[]> {
    const needles = new NeedleSet([
      ...plain.map((bytes, index) => ({ name: `plaintext ${index}`, bytes, forms: ['raw'] as const })),
      ...[HOST_KEY, ...KEKS].map(({ id, bytes }) => ({ name: `KEK ${id.keyId}`, bytes })),
      ...this.#recorder.draws().map(({ label, ordinal, bytes }) => ({ name: `${label} ${ordinal}`, bytes })),
    ]);
    const found: string[] = [];
    for await (const { needle, path, offsetBytes } of scanFolder(this.files, '/', new ByteScanner(needles))) {
      found.push(`${needle} in ${path} at ${offsetBytes}`);
    }
    return found;
  }

  /** Puts bytes into a file of the datastore past the host, and takes it away again afterwards. */
  async withPlanted<T>(bytes: Uint8Array, work: () => Promise<T>): Promise<T> {
    const path = `${DATASTORE}/planted`;
    const handle = await this.files.open(path, { access: 'write', create: 'exclusive' });
    await handle.pwrite(bytes, 0);
    await handle.close();
    try {
      return await work();
    } finally {
      await this.files.unlink(path);
    }
  }
}
