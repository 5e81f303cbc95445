import { reportTable, WIDE } from '../report-table.js';
import type { KmipBar, KmipReport, KmipRow } from './report.js';

/** The report for a terminal: the machine, a table of all rows, and the bars. */
export function formatKmipReport(report: KmipReport, width = WIDE): string {
  return [...conditions(report), '', ...table(report.rows, width), '', ...report.bars.map(barLine), ''].join('\n');
}

function conditions(report: KmipReport): string[] {
  const { machine, fsyncsPerSecond, clients, connectionsPerClient, rounds, seconds } = report;
  const memory = report.memoryBacked ? 'memory' : 'no memory-backed folder here, so "memory" is a disk too';
  return [
    `${machine.cpu}, ${machine.cores} cores`,
    `Node ${machine.node} with OpenSSL ${machine.opensslOfNode}; ${report.pykmip ?? 'PyKMIP is not installed: no ratios'}`,
    `${clients} client processes with ${connectionsPerClient} connections each, ${seconds} s a measurement`,
    `fsyncs a second: ${fsyncsPerSecond.memory} (${memory}), ${fsyncsPerSecond.disk} (disk)`,
    `Requests or conversations a second, median of ${rounds} alternating rounds, range in brackets`,
  ];
}

function table(rows: readonly KmipRow[], width: number): string[] {
  const head = ['what', 'store', 'server', 'a second', 'range', 'p50 ms', 'p99 ms', 'x PyKMIP', 'TLS'];
  const cells = rows.map((row) => [
    row.workload,
    row.place,
    row.subject,
    row.perSecond.toFixed(0),
    `[${row.perSecondMin.toFixed(0)}-${row.perSecondMax.toFixed(0)}]`,
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    row.ratioPykmip === null ? '-' : row.ratioPykmip.toFixed(1),
    row.tls,
  ]);
  return reportTable([head, ...cells], 3, [3, 5, 6, 7], width);
}

function barLine({ workload, place, wanted, ratio, reached }: KmipBar): string {
  const promise = `${workload}, store in ${place}: at least ${wanted} times PyKMIP`;
  if (ratio === null || reached === null) return `${promise}: not measured, PyKMIP is not installed`;
  return `${promise}: ${ratio.toFixed(1)}, ${reached ? 'reached' : 'MISSED'}`;
}
