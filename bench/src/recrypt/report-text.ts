import { barLine } from '../bars.js';
import { reportTable, WIDE } from '../report-table.js';
import type { RecryptReport, RecryptSubject } from './report.js';

const NAMES: Readonly<Record<RecryptSubject, string>> = {
  shallow: 'shallow recrypt',
  'deep-beside': 'deep recrypt, beside',
  'deep-in-place': 'deep recrypt, in place',
  decrypt: 'decrypt',
  encrypt: 'encrypt',
  'guest-write': 'guest writes of 1 MiB',
  'bare-recrypt': 'bare loop',
  'bare-write': 'engine and pwrite',
  'qemu-luks': 'qemu-img, raw to LUKS',
};

/** The report for a terminal: what it was measured on, a table, and the bars. */
export function formatRecryptReport(report: RecryptReport, width = WIDE): string {
  const { machine, rounds, sizeBytes, unit, memoryBacked, rows, bars } = report;
  const head = ['what', 'CPU s/GiB', 'range', 'wall s', 'MB/s', 'x bare loop'];
  const cells = rows.map((row) => [
    NAMES[row.what],
    row.cpuSecondsPerGiB.toFixed(3),
    `[${row.cpuMin.toFixed(3)}-${row.cpuMax.toFixed(3)}]`,
    row.wallSeconds.toFixed(3),
    row.what === 'shallow' ? '-' : row.mbps.toFixed(0),
    row.what === 'shallow' || row.ratioBare === null ? '-' : row.ratioBare.toFixed(2),
  ]);
  return [
    `${machine.cpu}, ${machine.cores} cores`,
    `Node ${machine.node} with OpenSSL ${machine.opensslOfNode}; ${report.qemuImg ?? 'qemu-img is not installed'}`,
    `A disk of ${sizeBytes / 2 ** 20} MiB in data units of ${unit} bytes`,
    memoryBacked ? 'Files in memory' : 'Files in the temporary folder: there was no room in memory',
    `The cost in this simulator: medians of ${rounds} alternating rounds, range in brackets`,
    '',
    ...reportTable([head, ...cells], 1, [1, 3, 4, 5], width),
    '',
    ...bars.map(barLine),
    '',
  ].join('\n');
}
