import type { KeyBinding } from '@vcryptsim/crypto-core';
import type { DiskUuid, SectorCount, VmUuid } from '@vcryptsim/ports';

/** The generation of a new DEK; every later one has the next number. */
export const FIRST_GENERATION = '1';

const DISK_FIELD = 'disk.';

/**
 * What is sealed with the VM home's DEK: whose it is, and which encrypted disks the VM has, each with the generation of
 * its DEK. So a descriptor cannot be turned into a plain one, and an old bundle put back in a descriptor or in the VMX
 * alone is noticed; put back in both it is not (facts/reliability.md section 4.2).
 */
export function homeBinding(
  vm: VmUuid,
  disks: readonly { readonly uuid: DiskUuid; readonly generation: string }[],
): KeyBinding {
  return {
    kind: 'vm-home',
    vm,
    generation: FIRST_GENERATION,
    ...Object.fromEntries(disks.map(({ uuid, generation }) => [DISK_FIELD + uuid, generation])),
  };
}

/** The encrypted disks that a home binding lists, with their generations. */
export function generationsIn(binding: KeyBinding): ReadonlyMap<DiskUuid, string> {
  return new Map(
    Object.entries(binding)
      .filter(([field]) => field.startsWith(DISK_FIELD))
      .map(([field, generation]) => [field.slice(DISK_FIELD.length) as DiskUuid, generation]),
  );
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
