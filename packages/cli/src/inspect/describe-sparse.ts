import { HypervisorError } from '@vcryptsim/hypervisor/api';
import { decodeText, type FileEnds, parseCowdHeader, sparseHeaderOf } from '@vcryptsim/hypervisor/formats';
import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { formatBytes } from '../terminal/byte-progress.js';
import { describeDescriptor } from './describe-descriptor.js';
import type { FileReport, ReportEntry } from './file-report.js';

/**
 * Says what a sparse VMDK shows: the descriptor that is embedded in it, and what its header says.
 *
 * @param head the beginning of the file; the descriptor lies in it
 * @throws HypervisorError FILE_DAMAGED, BUNDLE_TAMPERED (of the embedded descriptor)
 */
export function describeSparse(head: Uint8Array, file: string, name: string): FileReport {
  const header = sparseHeaderOf(head);
  const text = embeddedText(head, file);
  if (text !== '') return describeDescriptor(text, file, `virtual disk: ${name}; its descriptor is embedded`);
  const sectors = header?.capacitySectors ?? 0;
  const size = `${sectors} sectors, ${formatBytes(sectors * SECTOR_SIZE_BYTES)}`;
  return {
    file,
    format: `virtual disk: ${name}`,
    encrypted: null,
    clear: header === null ? [] : [{ name: 'capacity', value: size }],
    sealed: [],
    keys: [],
    notes: ['It has no descriptor inside: the small .vmdk beside it tells the rest.'],
  };
}

/** The descriptor inside a sparse VMDK, decoded; empty where there is none. */
export function embeddedText(head: Uint8Array, file: string): string {
  const header = sparseHeaderOf(head);
  const start = (header?.descriptorOffset ?? 0) * SECTOR_SIZE_BYTES;
  if (header === null || start === 0) return '';
  const descriptor = head.subarray(start, start + header.descriptorSize * SECTOR_SIZE_BYTES);
  const end = descriptor.indexOf(0);
  const text = end < 0 ? descriptor : descriptor.subarray(0, end);
  return text.length === 0 ? '' : decodeText(text, file);
}

/** What the header of one part of a split sparse disk says. */
export function splitEntries({ head }: FileEnds): ReportEntry[] {
  const sectors = sparseHeaderOf(head)?.capacitySectors ?? 0;
  return [{ name: 'capacity', value: `${sectors} sectors, ${formatBytes(sectors * SECTOR_SIZE_BYTES)}` }];
}

/** What the header of a delta extent says; one that says nothing that can be, says nothing here. */
export function cowdEntries({ head }: FileEnds, file: string): ReportEntry[] {
  try {
    const { capacity, freeSector } = parseCowdHeader(head, file);
    const bytes = capacity * SECTOR_SIZE_BYTES;
    return [
      { name: 'capacity', value: `${capacity} sectors, ${formatBytes(bytes)}` },
      { name: 'in use', value: `${formatBytes(freeSector * SECTOR_SIZE_BYTES)}, header and tables included` },
    ];
  } catch (error) {
    if (!(error instanceof HypervisorError || error instanceof RangeError)) throw error;
    return [{ name: 'header', value: error.message }];
  }
}
