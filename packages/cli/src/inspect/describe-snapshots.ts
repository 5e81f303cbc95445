import { HypervisorError } from '@vcryptsim/hypervisor/api';
import { parseVmsd, Vmx } from '@vcryptsim/hypervisor/formats';
import { describeVmx } from './describe-vmx.js';
import type { FileReport, ReportEntry } from './file-report.js';
import { timeOf } from './time-of.js';

const FORMAT = 'list of snapshots (.vmsd)';

/**
 * Says what a list of snapshots shows: all of it, whether or not the VM is encrypted. Where its entries make no list (an
 * older product, a cut file), they are shown one by one, with what is wrong.
 *
 * @throws HypervisorError FILE_DAMAGED where it is no text dictionary
 */
export function describeSnapshots(bytes: Uint8Array, file: string): FileReport {
  const vmx = Vmx.read(bytes, file);
  try {
    const { lastUid, current, needConsolidate, snapshots } = parseVmsd(bytes, file);
    const clear: ReportEntry[] = [
      { name: 'current', value: current === null ? 'none' : `snapshot ${current}` },
      ...(needConsolidate ? [{ name: 'needs', value: 'its disks to be consolidated' }] : []),
      ...snapshots.flatMap((each) => [
        { name: `snapshot ${each.uid}`, value: each.displayName },
        ...(each.description === undefined ? [] : [{ name: '  says', value: each.description }]),
        { name: '  taken', value: `${timeOf(each.createdAtMs)}${each.hasMemory ? ', with memory' : ''}` },
        ...(each.parent === null ? [] : [{ name: '  after', value: `snapshot ${each.parent}` }]),
        { name: '  state', value: each.fileName },
        ...each.disks.map(({ node, fileName }) => ({ name: '  froze', value: `${node} ${fileName}` })),
      ]),
    ];
    const note = 'A list of snapshots is never encrypted: names, descriptions and times are for anyone to read.';
    const count = snapshots.length === 1 ? '1 snapshot' : `${snapshots.length} snapshots`;
    const format = `${FORMAT}: ${count} of ${lastUid} ever taken`;
    return { file, format, encrypted: false, clear, sealed: [], keys: [], notes: [note] };
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    const { notes = [], ...report } = describeVmx(vmx, file, FORMAT);
    return { ...report, notes: [...notes, `Its entries make no list of snapshots: ${error.message}`] };
  }
}
