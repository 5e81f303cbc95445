import { basename } from 'node:path';
import { HypervisorError } from '@vcryptsim/hypervisor/api';
import { decodeText, descriptorBeside, type FileEnds } from '@vcryptsim/hypervisor/formats';
import { formatBytes } from '../terminal/byte-progress.js';
import { describeDescriptor } from './describe-descriptor.js';
import type { FileReport, ReportEntry } from './file-report.js';
import { describeSample, sampleData } from './sample-data.js';

/** Reads another file of the same folder; null when it is not there. */
export type ReadBeside = (fileName: string) => Promise<Uint8Array | null>;

/** What a report calls the data of an extent that has tables. */
export const GRAINS = 'the grains';

const PARTS: readonly (readonly [end: RegExp, format: string])[] = [
  [/-flat\.vmdk$/i, 'data of a disk, byte by byte (flat extent)'],
  [/-delta\.vmdk$/i, 'what changed since a snapshot (delta extent)'],
  [/-sesparse\.vmdk$/i, 'what changed since a snapshot (seSparse extent)'],
  [/-s[0-9]{3,4}\.vmdk$/i, 'one part of a split sparse disk'],
  [/-f[0-9]{3,4}\.vmdk$/i, 'one part of a split flat disk'],
];

/**
 * Says what the data of a disk shows. Whether it is encrypted, the descriptor beside it tells; what the bytes look like is
 * said besides, since the two may differ.
 *
 * @param header what the file's own header says, of an extent with tables: those are in clear whatever is in its grains,
 *   so its bytes are not judged by how they look
 * @param beside null where the folder is not at hand
 */
export async function describeData(
  ends: FileEnds,
  file: string,
  beside: ReadBeside | null,
  header: readonly ReportEntry[] | null = null,
): Promise<FileReport> {
  const format = PARTS.find(([end]) => end.test(file))?.[1] ?? 'data of a disk, or a part of it';
  const name = basename(descriptorBeside(file) ?? '');
  const descriptor = name === '' ? null : await readDescriptorReport(name, beside);
  const sample = sampleData(ends);
  const looks =
    header === null ? describeSample(sample) : 'Header and tables are in clear: which sectors were written shows.';
  const size = { name: header === null ? 'the data' : GRAINS, value: formatBytes(ends.sizeBytes) };
  const clear = header ?? [];
  const untold = { file, format, encrypted: null, clear, sealed: [], keys: [] } as const;
  if (descriptor === null) {
    const missing = name === '' ? 'no descriptor' : `no ${name}`;
    return { ...untold, notes: [looks, `There is ${missing} beside it, which would tell whether it is encrypted.`] };
  }
  if (descriptor instanceof HypervisorError) {
    return { ...untold, notes: [looks, `Its descriptor would tell whether it is encrypted: ${descriptor.message}`] };
  }
  const { encrypted, keys } = descriptor;
  const says = `${name} beside it says ${encrypted ? 'that it is encrypted' : 'nothing of a key'}.`;
  if (encrypted === true && header === null && sample.clearBlocks > 0) {
    const notes = [looks, `${says} The bytes look otherwise, so nothing is said here.`];
    return { ...untold, keys, notes };
  }
  const notes = [looks, says];
  const isDense = header === null && sample.clearBlocks === 0 && sample.zeroBlocks < sample.blocks;
  if (encrypted !== true && isDense) return { ...untold, state: 'not known to be encrypted', notes };
  if (encrypted === true) return { file, format, encrypted, clear, sealed: [size], keys, notes };
  return { file, format, encrypted, clear: [...clear, size], sealed: [], keys, notes };
}

async function readDescriptorReport(
  name: string,
  beside: ReadBeside | null,
): Promise<FileReport | HypervisorError | null> {
  const bytes = await beside?.(name);
  if (bytes === null || bytes === undefined) return null;
  try {
    return describeDescriptor(decodeText(bytes, name), name);
  } catch (error) {
    if (error instanceof HypervisorError) return error;
    throw error;
  }
}
