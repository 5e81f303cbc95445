import type { KeyBinding } from '@vcryptsim/crypto-core';
import type { DiskUuid, SectorCount, VmUuid } from '@vcryptsim/ports';

/** The generation of a new DEK; every later one has the next number. */
export const FIRST_GENERATION = '1';

const DISK_FIELD = 'disk.';
const KEY_FIELD = 'key.';
const CHECK_FIELD = 'check.';

/** An encrypted disk as the VM home knows it. */
export interface BoundDisk {
  readonly uuid: DiskUuid;
  /** Of its DEK. */
  readonly generation: string;
  /** The KEK that seals its DEK, as {@link formatKeyId} writes it. */
  readonly key: string;
  /** Key check value of its DEK: two DEKs of one generation, of a disk that was decrypted in between, are told apart. */
  readonly check: string;
}

/**
 * What is sealed with the VM home's DEK: whose it is, and which encrypted disks the VM has, each with the generation of
 * its DEK and the KEK that seals it. So a descriptor cannot be turned into a plain one, an old bundle put back in a
 * descriptor or in the VMX alone is noticed (put back in both it is not: facts/reliability.md section 4.2), and of two
 * pairs in a descriptor it is known which one stays (docs/on-disk-format.md section 4b).
 *
 * @param intent what is still to do while disks are rewritten in place, see in-place/rewrite-intent.ts
 */
export function homeBinding(
  vm: VmUuid,
  generation: string,
  disks: readonly BoundDisk[],
  intent: string | null = null,
): KeyBinding {
  return {
    kind: 'vm-home',
    vm,
    generation,
    ...(intent === null ? {} : { intent }),
    ...boundFieldsOf(disks),
  };
}

/** The fields that tell of encrypted disks; {@link boundDisksIn} reads them. */
export function boundFieldsOf(disks: readonly BoundDisk[]): KeyBinding {
  return {
    ...Object.fromEntries(disks.map((disk) => [DISK_FIELD + disk.uuid, disk.generation])),
    ...Object.fromEntries(disks.map((disk) => [KEY_FIELD + disk.uuid, disk.key])),
    ...Object.fromEntries(disks.map((disk) => [CHECK_FIELD + disk.uuid, disk.check])),
  };
}

/** The encrypted disks that a home binding lists. */
export function boundDisksIn(binding: KeyBinding): ReadonlyMap<DiskUuid, BoundDisk> {
  const disks = Object.entries(binding)
    .filter(([field]) => field.startsWith(DISK_FIELD))
    .map(([field, generation]): BoundDisk => {
      const uuid = field.slice(DISK_FIELD.length) as DiskUuid;
      return { uuid, generation, key: binding[KEY_FIELD + uuid] ?? '', check: binding[CHECK_FIELD + uuid] ?? '' };
    });
  return new Map(disks.map((disk) => [disk.uuid, disk]));
}

/** The generation of a disk that is plain. */
export const PLAIN_GENERATION = '0';

/** Two generations, of a disk that is being rewritten in place. */
export interface Between {
  readonly from: string;
  readonly to: string;
}

/** The generation of a disk between two. */
export function formatBetween({ from, to }: Between): string {
  return `${from}>${to}`;
}

/** Reads what {@link formatBetween} wrote; null for a disk that has one generation. */
export function betweenOf(generation: string): Between | null {
  const [from, to] = generation.split('>');
  return from === undefined || to === undefined ? null : { from, to };
}

/** The generation of the DEK that follows another one. */
export function nextGeneration(generation: string): string {
  return String(Number(generation) + 1);
}

/** What is sealed with a disk's DEK: everything that decides how its bytes are read, and whose they are. */
export function diskBinding(disk: {
  readonly vm: VmUuid;
  readonly uuid: DiskUuid;
  readonly capacity: SectorCount;
  readonly dataUnitSize: string;
  readonly extentFileName: string;
  readonly generation: string;
  /** `keyID` of the descriptor: which DEK this is. */
  readonly contentKeyId: string;
  /** Name of the descriptor's file when the key is made. Left out to compare: a file may be renamed. */
  readonly descriptor?: string;
}): KeyBinding {
  return {
    kind: 'disk',
    vm: disk.vm,
    disk: disk.uuid,
    capacity: String(disk.capacity),
    dataUnitSize: disk.dataUnitSize,
    extent: disk.extentFileName,
    generation: disk.generation,
    keyID: disk.contentKeyId,
    ...(disk.descriptor === undefined ? {} : { descriptor: disk.descriptor }),
  };
}
