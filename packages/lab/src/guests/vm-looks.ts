import { createHash } from 'node:crypto';
import { CryptoError, Dek, Kek, portableEngine } from '@vcryptsim/crypto-core';
import type { VmInfo } from '@vcryptsim/hypervisor/api';
import { decodeText, parseBundle, parseDescriptor, type SealedDek, Vmx } from '@vcryptsim/hypervisor/formats';
import { assert, folderOf, readWhole } from '@vcryptsim/ports';
import type { RecordingFileSystem } from '@vcryptsim/simkit';
import type { ScanNeedle } from '@vcryptsim/simkit/scan';
import { LabError } from '../errors/lab-error.js';

const TEXT_BYTES_MAX = 1024 * 1024;
/** Extents are kept whole, to be compared with those of the next look. */
const EXTENT_BYTES_MAX = 256 * 1024 * 1024;
/** A block of the cipher. */
const BLOCK_BYTES = 16;

/** The extent of a disk as it lies on the datastore. */
export interface ExtentLook {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: Uint8Array;
  /** Writes and truncations of it since the run began. */
  readonly changes: number;
}

/** A VM's files, as somebody sees them who has the datastore and every KEK that there ever was. */
export interface VmLook {
  readonly extents: readonly ExtentLook[];
  /** Names of the KEKs that open a bundle of VM home or disks, in the order in which they were drawn. */
  readonly openedBy: readonly string[];
  /** How many KEKs were tried. */
  readonly tried: number;
}

/** What differs between two looks at one VM. */
export interface LookDifference {
  /** `untouched`: the same bytes, and nothing was written; `rewritten`: no block is as it was; else `mixed`. */
  readonly ciphertext: 'untouched' | 'rewritten' | 'mixed';
  readonly blocks: number;
  /** Blocks of 16 bytes that are the same at the same place. */
  readonly equalBlocks: number;
  /** Whether an extent is another file now. */
  readonly areNewFiles: boolean;
  /** Writes of extents between the looks; of files that were there at both. */
  readonly writes: number;
  /** `replaced`: it opens, by no key that opened it before; `removed`: it is plain; else `mixed`. */
  readonly keys: 'same' | 'replaced' | 'removed' | 'mixed';
}

/** What looking needs. */
export interface VmLooksOptions {
  readonly folder: { readonly datastores: string };
  /** Reads as somebody who has the disks in hand, and counts what was written. */
  readonly files: RecordingFileSystem;
  /** Every KEK of the run, under its mask. */
  readonly needles: { readonly of: (kind: 'kek') => readonly ScanNeedle[] };
  /** A VM as its host sees it; null where it is on no running host. */
  readonly now: (name: string) => Promise<VmInfo | null>;
}

/** Looks at files of VMs past every host, and remembers the last look at each. */
export class VmLooks {
  readonly #o: VmLooksOptions;
  readonly #last = new Map<string, VmLook>();

  constructor(o: VmLooksOptions) {
    this.#o = o;
  }

  /**
   * Looks at a VM, and compares it with the look before.
   *
   * @throws LabError VM_NOT_CREATED, ENVIRONMENT when its disks are too large to be compared; what its files are refused with
   */
  async look(name: string): Promise<{ readonly look: VmLook; readonly difference: LookDifference | null }> {
    const vm = await this.#o.now(name);
    if (vm === null) throw new LabError('VM_NOT_CREATED', `VM ${name} is not on any running host.`);
    const before = this.#last.get(vm.uuid);
    const look = await this.#lookAt(vm);
    this.#last.set(vm.uuid, look);
    return { look, difference: before === undefined ? null : differenceOf(before, look) };
  }

  async #lookAt(vm: VmInfo): Promise<VmLook> {
    const { files, needles } = this.#o;
    const vmxPath = this.#pathOf(vm.vmxPath);
    const vmx = Vmx.parse(decodeText(await readWhole(files, vmxPath, TEXT_BYTES_MAX), vmxPath), vmxPath);
    const bundles = [vmx.get('encryption.bundle')];
    const extents: ExtentLook[] = [];
    for (const { fileName } of vm.disks) {
      for (const link of await this.#links(this.#pathOf(fileName))) {
        bundles.push(link.bundle);
        extents.push(await this.#extent(link.extentPath));
      }
    }
    const sealed = bundles.flatMap((bundle) => (bundle === undefined ? [] : parseBundle(bundle, vmxPath)));
    const keks = needles.of('kek');
    const openedBy = keks.filter((kek) => sealed.some((pair) => opens(kek, pair))).map((kek) => kek.name);
    return { extents, openedBy, tried: keks.length };
  }

  /** The links of a disk, its base first, so that they keep their places when a snapshot adds one. */
  async #links(path: string): Promise<readonly { readonly bundle: string | undefined; readonly extentPath: string }[]> {
    const { header, extents } = parseDescriptor(
      decodeText(await readWhole(this.#o.files, path, TEXT_BYTES_MAX), path),
      path,
    );
    const extent = extents[0]?.fileName;
    assert(extent, 'a disk of a host has an extent in a file');
    const link = { bundle: header.get('encryptionkeys'), extentPath: `${folderOf(path)}/${extent}` };
    const parent = header.get('parentfilenamehint');
    return parent === undefined ? [link] : [...(await this.#links(this.#parentPath(path, parent))), link];
  }

  /** A parent is named by its file in the same folder, or by `/vmfs/volumes/DATASTORE/FOLDER/FILE`. */
  #parentPath(child: string, hint: string): string {
    const [, rest] = /^\/vmfs\/volumes\/(.+)$/.exec(hint) ?? [];
    return rest === undefined ? `${folderOf(child)}/${hint}` : `${this.#o.folder.datastores}/${rest}`;
  }

  async #extent(path: string): Promise<ExtentLook> {
    const { files } = this.#o;
    const { sizeBytes } = await files.lstat(path);
    if (sizeBytes > EXTENT_BYTES_MAX) {
      throw new LabError('ENVIRONMENT', `${path} has more than 256 MiB; a look keeps extents in memory.`);
    }
    const bytes = await readWhole(files, path, EXTENT_BYTES_MAX);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { path, sha256, bytes, changes: files.changesOf(path) };
  }

  /** `[datastore] folder/file` as a path. */
  #pathOf(shown: string): string {
    const [, datastore = '', rest = ''] = /^\[([^\]]+)\] (.+)$/.exec(shown) ?? [];
    return `${this.#o.folder.datastores}/${datastore}/${rest}`;
  }
}

/** Whether a KEK opens a sealed DEK, whatever key the bundle names. */
function opens({ bytes }: ScanNeedle, { locked }: SealedDek): boolean {
  const attempt = (plain: Uint8Array): boolean => {
    const kek = Kek.take(plain);
    try {
      Dek.unseal({ engine: portableEngine(), kek, locked }).dek.dispose();
      return true;
    } catch (error) {
      if (error instanceof CryptoError) return false;
      throw error;
    } finally {
      kek.dispose();
    }
  };
  return bytes instanceof Uint8Array ? attempt(bytes.slice()) : bytes.lend(attempt);
}

/** What differs between two looks. */
export function differenceOf(before: VmLook, now: VmLook): LookDifference {
  const pairs = now.extents.flatMap((extent, index) => {
    const earlier = before.extents.find(({ path }) => path === extent.path) ?? before.extents[index];
    return earlier === undefined ? [] : [{ earlier, extent }];
  });
  const equalBlocks = pairs.reduce((sum, { earlier, extent }) => sum + equalIn(earlier.bytes, extent.bytes), 0);
  const blocks = now.extents.reduce((sum, { bytes }) => sum + bytes.length / BLOCK_BYTES, 0);
  const writes = pairs.reduce((sum, { earlier, extent }) => {
    return sum + (earlier.path === extent.path ? extent.changes - earlier.changes : 0);
  }, 0);
  const isSame =
    before.extents.length === now.extents.length &&
    pairs.every(({ earlier, extent }) => earlier.path === extent.path && earlier.sha256 === extent.sha256);
  const areNewFiles = pairs.some(({ earlier, extent }) => earlier.path !== extent.path);
  const ciphertext = isSame && writes === 0 ? 'untouched' : equalBlocks === 0 ? 'rewritten' : 'mixed';
  return { ciphertext, blocks, equalBlocks, areNewFiles, writes, keys: keysBetween(before.openedBy, now.openedBy) };
}

function keysBetween(before: readonly string[], now: readonly string[]): LookDifference['keys'] {
  if (before.join() === now.join()) return 'same';
  if (now.length === 0) return 'removed';
  return now.some((name) => before.includes(name)) ? 'mixed' : 'replaced';
}

function equalIn(a: Uint8Array, b: Uint8Array): number {
  let equal = 0;
  for (let at = 0; at + BLOCK_BYTES <= Math.min(a.length, b.length); at += BLOCK_BYTES) {
    let index = 0;
    while (index < BLOCK_BYTES && a[at + index] === b[at + index]) index++;
    if (index === BLOCK_BYTES) equal += 1;
  }
  return equal;
}
