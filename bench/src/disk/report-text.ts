import { barLine } from '../bars.js';
import { reportTable, WIDE } from '../report-table.js';
import type { DiskReport, DiskRow, PeerRow } from './report.js';

/** The report for a terminal: what it was measured on, a table of all loads, the peers, and the bars. */
export function formatDiskReport(report: DiskReport, width = WIDE): string {
  const { machine, rounds, sizeBytes, memoryBacked, rows, peers, bars } = report;
  return [
    `${machine.cpu}, ${machine.cores} cores`,
    `Node ${machine.node} with OpenSSL ${machine.opensslOfNode}; ${report.qemuImg ?? 'qemu-img is not installed'}`,
    `A disk of ${sizeBytes / 2 ** 20} MiB; ${
      memoryBacked ? 'files in memory' : 'files in the temporary folder: no room in memory'
    }`,
    `The cost in this simulator: medians of ${rounds} alternating rounds`,
    '',
    ...loads(rows, width),
    '',
    ...peers.map(peerLine),
    '',
    ...bars.map(barLine),
    '',
  ].join('\n');
}

function loads(rows: readonly DiskRow[], width: number): string[] {
  const head = ['disk', 'way', 'size', 'depth', 'MB/s', 'IOPS', 'p50 us', 'p99 us', 'CPU s/GiB', 'x bare', 'CPU'];
  const cells = rows.map((row) => [
    `${row.subject === 'bare' ? 'bare, ' : ''}${row.unit === null ? 'plain' : `${row.unit} B`}`,
    row.direction,
    row.requestBytes >= 2 ** 20 ? `${row.requestBytes / 2 ** 20} MiB` : `${row.requestBytes / 1024} KiB`,
    String(row.depth),
    row.mbps.toFixed(0),
    row.iops.toFixed(0),
    row.p50Us.toFixed(1),
    row.p99Us.toFixed(1),
    row.cpuSecondsPerGiB.toFixed(2),
    row.ratioBare?.toFixed(2) ?? '-',
    row.ratioBareCpu?.toFixed(2) ?? '-',
  ]);
  return reportTable([head, ...cells], 4, [3, 4, 5, 6, 7, 8, 9, 10], width);
}

function peerLine({ what, mbps, cpuSecondsPerGiB, notMeasured }: PeerRow): string {
  if (mbps === null) return `${what}: not measured, ${notMeasured}`;
  return `${what}: ${mbps.toFixed(0)} MB/s${cpuSecondsPerGiB === null ? '' : `, ${cpuSecondsPerGiB.toFixed(2)} CPU s/GiB`}`;
}
