import type { KmipBar, KmipReport, KmipRow } from './report.js';

/** The report for a terminal: the machine, a table of all rows, and the bars. */
export function formatKmipReport(report: KmipReport): string {
  return [...conditions(report), '', ...table(report.rows), '', ...report.bars.map(barLine), ''].join('\n');
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

function table(rows: readonly KmipRow[]): string[] {
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
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const isNumber = [false, false, false, true, false, true, true, true, false];
  return [head, ...cells].map((row) =>
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function barLine({ workload, place, wanted, ratio, reached }: KmipBar): string {
  const promise = `${workload}, store in ${place}: at least ${wanted} times PyKMIP`;
  if (ratio === null || reached === null) return `${promise}: not measured, PyKMIP is not installed`;
  return `${promise}: ${ratio.toFixed(1)}, ${reached ? 'reached' : 'MISSED'}`;
}
