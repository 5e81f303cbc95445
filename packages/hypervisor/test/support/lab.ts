import { createDecipheriv, createHash, createHmac } from 'node:crypto';
import { nativeEngine, type XtsEngine } from '@vcryptsim/crypto-core';
import { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import { EsxiHost, type GuestDisk, type HostEvent } from '@vcryptsim/hypervisor';
import type { HypervisorFault, KeyGrant, VmCreateSpec } from '@vcryptsim/hypervisor/api';
import {
  type CryptoKeyId,
  type FileSystem,
  type HostName,
  type HostUuid,
  type KeyId,
  makeFolders,
  type ProviderId,
  readWhole,
  sectorCount,
  sectorIndex,
  type VmName,
  type VmUuid,
} from '@vcryptsim/ports';
import { MemoryFileSystem, SeededEntropy, VirtualClock } from '@vcryptsim/simkit';
import { expect } from 'vitest';

export const VM = '4f1d1d0e-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;
export const OTHER_VM = '5a5a5a5a-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;

/** A key as a KMS would know it: ID and 32 bytes that depend on the ID only. */
export function kek(keyId: string, providerId = 'corp-kms'): { id: CryptoKeyId; bytes: Uint8Array } {
  const id = { keyId: keyId as KeyId, providerId: providerId as ProviderId };
  return { id, bytes: new Uint8Array(createHash('sha256').update(`KEK ${keyId} ${providerId}`).digest()) };
}

export function grant(key: { id: CryptoKeyId; bytes: Uint8Array }): KeyGrant {
  return { id: key.id, parcel: KeyParcel.seal(key.bytes) };
}

export const HOST_KEY = kek('host-key');
export const KEY = kek('3fa85f64-5717-4562-b3fc-2c963f66afa6');
export const OTHER_KEY = kek('other/key+with=marks');

export interface LabOptions {
  readonly files?: FileSystem;
  readonly root?: string;
  readonly engine?: XtsEngine;
  readonly version?: EsxiHost['version'];
  /** With a second datastore, `nfs1`. */
  readonly nfs?: boolean;
}

/** One host with one datastore, and the means to look at both from outside. */
export class Lab {
  readonly files: FileSystem;
  readonly root: string;
  readonly events: HostEvent[] = [];
  readonly #options: LabOptions;
  /** Of the host at its next boot: another one is an upgrade, or the way back. */
  version: EsxiHost['version'];
  #incarnation = 0;
  host!: EsxiHost;

  private constructor(options: LabOptions) {
    this.#options = options;
    this.version = options.version ?? '7.0U2';
    this.files = options.files ?? new MemoryFileSystem();
    this.root = options.root ?? '/lab';
  }

  /** A lab whose host is booted; nothing else is done. */
  static async boot(options: LabOptions = {}): Promise<Lab> {
    const lab = new Lab(options);
    await makeFolders(lab.files, lab.datastore);
    if (options.nfs) await makeFolders(lab.files, lab.nfs);
    await lab.bootHost();
    return lab;
  }

  /** A lab whose host is safe and holds {@link KEY} and {@link OTHER_KEY}. */
  static async safe(options: LabOptions = {}): Promise<Lab> {
    const lab = await Lab.boot(options);
    await lab.enableCrypto();
    await lab.host.addKeys([grant(KEY), grant(OTHER_KEY)]);
    return lab;
  }

  get datastore(): string {
    return `${this.root}/datastores/ds1`;
  }

  /** The folder of the datastore `nfs1`, where there is one. */
  get nfs(): string {
    return `${this.root}/datastores/nfs1`;
  }

  get hostFolder(): string {
    return `${this.root}/hosts/esx-1`;
  }

  async bootHost(): Promise<EsxiHost> {
    this.#incarnation += 1;
    this.host = await EsxiHost.boot({
      name: 'esx-1' as HostName,
      uuid: '00000000-0000-4000-8000-000000000001' as HostUuid,
      version: this.version,
      folder: this.hostFolder,
      datastores: [
        { name: 'ds1', folder: this.datastore },
        ...(this.#options.nfs ? [{ name: 'nfs1', folder: this.nfs, type: 'NFS' } as const] : []),
      ],
      files: this.files,
      clock: new VirtualClock({ startMs: 1_900_000_000_000 }),
      entropy: new SeededEntropy(7).fork('esx-1', this.#incarnation),
      events: { emit: (event) => this.events.push(event) },
      engine: this.#options.engine ?? nativeEngine(),
      incarnation: this.#incarnation,
    });
    return this.host;
  }

  async enableCrypto(): Promise<void> {
    await this.host.prepareCrypto();
    await this.host.enableCrypto(grant(HOST_KEY));
  }

  /** Power cut and boot: what a crash and a reboot are to what is in memory. */
  async reboot(): Promise<EsxiHost> {
    await this.host.shutDown();
    return this.bootHost();
  }

  /** A file of the VM `web`, or of another with its folder before it. */
  path(fileName: string): string {
    return `${this.datastore}/${fileName.includes('/') ? fileName : `web/${fileName}`}`;
  }

  async read(fileName: string): Promise<Uint8Array> {
    return readWhole(this.files, this.path(fileName), 2 ** 30);
  }

  async readText(fileName: string): Promise<string> {
    return Buffer.from(await this.read(fileName)).toString();
  }

  /** Writes a file past the host, as somebody with the datastore in hand can. */
  async overwrite(fileName: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const handle = await this.files.open(this.path(fileName), { access: 'write', create: 'if-missing' });
    await handle.truncate(0);
    await handle.pwrite(bytes, 0);
    await handle.close();
  }

  /** Changes a text file past the host; the pattern must be there. */
  async edit(fileName: string, pattern: string | RegExp, replacement: string): Promise<void> {
    const before = await this.readText(fileName);
    const after = before.replace(pattern, replacement);
    expect(after, `the edit of ${fileName} changes something`).not.toBe(before);
    await this.overwrite(fileName, after);
  }

  /** One digest over every file under a folder but those by which the hosts lock: path, length, bytes. */
  async digest(folder = this.root): Promise<string> {
    const hash = createHash('sha256');
    for (const path of await this.paths(folder)) {
      if (/\/\.(lock|vh)\.sf\//.test(path)) continue;
      const bytes = await readWhole(this.files, path, 2 ** 30);
      hash.update(`${path} ${bytes.length} `).update(bytes);
    }
    return hash.digest('hex');
  }

  /** Every file under a folder. */
  async paths(folder = this.root): Promise<string[]> {
    const paths: string[] = [];
    for (const name of await this.files.readdir(folder)) {
      const path = `${folder}/${name}`;
      const { kind } = await this.files.lstat(path);
      if (kind === 'folder') paths.push(...(await this.paths(path)));
      else if (kind === 'file') paths.push(path);
    }
    return paths;
  }

  /** Names of the files that hold these bytes. */
  async filesWith(needle: Uint8Array, folder = this.root): Promise<string[]> {
    const found: string[] = [];
    for (const path of await this.paths(folder)) {
      const bytes = Buffer.from(await readWhole(this.files, path, 2 ** 30));
      const forms = [Buffer.from(needle), Buffer.from(Buffer.from(needle).toString('hex'))];
      forms.push(Buffer.from(Buffer.from(needle).toString('base64').slice(0, -4)));
      if (forms.some((form) => bytes.includes(form))) found.push(path);
    }
    return found;
  }

  types(): string[] {
    return this.events.map((event) => event.type);
  }
}

/** A VM `web` with one disk of 64 KiB; encrypted with {@link KEY} unless told. */
export function webVm(changes: Partial<VmCreateSpec> = {}): VmCreateSpec {
  return {
    name: 'web' as VmName,
    uuid: VM,
    crypto: { type: 'Encrypt', cryptoKeyId: KEY.id },
    disks: [{ capacity: sectorCount(128) }],
    ...changes,
  };
}

/** The same VM, plain. */
export function plainVm(changes: Partial<VmCreateSpec> = {}): VmCreateSpec {
  const { crypto: _, ...spec } = webVm(changes);
  return spec;
}

/** Reads `count` sectors from `start`. */
export async function readSectors(disk: GuestDisk, start: number, count: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(count * 512);
  await disk.readSectors(sectorIndex(start), buffer);
  return buffer;
}

/** A pattern that differs at every place, so that a shifted or swapped read shows. */
export function pattern(lengthBytes: number, salt = 1): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, index) => (index * 31 + (index >> 8) * 17 + salt * 101) & 0xff);
}

/** The fault that a promise rejects with. */
export async function faultOf(promise: Promise<unknown>): Promise<HypervisorFault> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error, 'it was refused').not.toBeNull();
  expect((error as Error).name, String((error as Error).stack)).toBe('HypervisorError');
  return (error as { fault: HypervisorFault }).fault;
}

/** Opens locked data as the published layout says, with node:crypto alone: IV, AES-256-CBC, HMAC over the plaintext. */
export function unlockByHand(locked: Uint8Array, key: Uint8Array): string | null {
  const decipher = createDecipheriv('aes-256-cbc', key, locked.subarray(0, 16));
  try {
    const plain = Buffer.concat([decipher.update(locked.subarray(16, -32)), decipher.final()]);
    const mac = createHmac('sha256', key).update(plain).digest();
    return mac.equals(Buffer.from(locked.subarray(-32))) ? plain.toString('latin1') : null;
  } catch {
    return null;
  }
}

/** The 64 bytes of the DEK in a crypto dictionary. */
export function dekIn(dictionary: string): Buffer {
  const field = /(?:^|:)key=([^:]+)/.exec(dictionary)?.[1] ?? '';
  return Buffer.from(field.replaceAll('%3d', '='), 'base64');
}

/** The locked data that a key locator text carries. */
export function lockedIn(text: string): Uint8Array {
  const data = /HMAC%2dSHA%2d256,([^)]+)\)/.exec(text)?.[1] ?? '';
  return new Uint8Array(Buffer.from(decodeURIComponent(data), 'base64'));
}
