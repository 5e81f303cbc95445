import { type SectorCount, sectorCount } from '@vcryptsim/ports';
import { fileDamaged } from '../api/faults.js';

const ACCESS = ['RW', 'RDONLY', 'NOACCESS'] as const;
const EXTENT = /^(RW|RDONLY|NOACCESS)\s+([0-9]{1,16})\s+([A-Za-z]+)(?:\s+"([^"]*)"(?:\s+(\S.*))?)?$/i;

/** One extent line. */
export interface DescriptorExtent {
  readonly access: (typeof ACCESS)[number];
  readonly sectors: SectorCount;
  /** `VMFS` (ESXi) or `FLAT` (Workstation), `SPARSE`, `ZERO` ...; upper case. Other types than the first two are not served. */
  readonly type: string;
  /**
   * As it is written: a file of the descriptor's own folder, an absolute path, a device (`\\\\.\\PhysicalDrive3`), a
   * vSAN object (`vsan://...`). Null for an extent of zeros, which has no file.
   */
  readonly fileName: string | null;
  /** First sector inside the file; VMFS extents have none. */
  readonly offsetSectors: number | null;
  /** From 1. */
  readonly line: number;
}

/** Says whether a line speaks of an extent. */
export function isExtentLine(line: string): boolean {
  return /^(?:RW|RDONLY|NOACCESS)\s/i.test(line);
}

/**
 * Reads an extent line:
 *
 * ```
 * ACCESS SECTORS TYPE ["NAME" [OFFSET [more]]]
 * ```
 *
 * `more` is what VirtualBox and Workstation add for a partition of a device: `partitionUUID "..."`, a device ID.
 *
 * @throws HypervisorError FILE_DAMAGED
 */
export function parseExtent(line: string, file: string, number: number): DescriptorExtent {
  const [, access, count, word, fileName, more] = EXTENT.exec(line) ?? [];
  if (access === undefined || count === undefined || word === undefined) {
    throw fileDamaged(file, 'the extent line is not of the form RW SECTORS TYPE "NAME"', number);
  }
  const type = word.toUpperCase();
  const sectors = Number(count);
  if (sectors > 2 ** 43) throw fileDamaged(file, `an extent of ${count} sectors is not possible`, number);
  if (fileName === undefined && type !== 'ZERO') throw fileDamaged(file, `a ${type} extent needs a file`, number);
  const offset = more === undefined ? undefined : /^[0-9]{1,16}(?=\s|$)/.exec(more)?.[0];
  if (type === 'VMFS' && offset !== undefined) throw fileDamaged(file, 'a VMFS extent has no offset', number);
  if (type === 'FLAT' && offset === undefined) throw fileDamaged(file, 'a FLAT extent needs an offset', number);
  return {
    access: ACCESS.find((known) => known === access.toUpperCase()) ?? 'NOACCESS',
    sectors: sectorCount(sectors),
    type,
    fileName: fileName ?? null,
    offsetSectors: offset === undefined ? null : Number(offset),
    line: number,
  };
}
