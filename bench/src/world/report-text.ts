import { reportTable, WIDE } from '../report-table.js';
import { type WorldReport, worldBars } from './report.js';

/** The report for a terminal: a table of all worlds, and the bars. */
export function formatWorldReport(report: WorldReport, width = WIDE): string {
  const head = ['VMs', 'CPU s', 'CPU ms a VM', 'memory MB', 'kB a VM'];
  const cells = report.rows.map(({ vms, cpuSeconds, rssMax, bytesPerVm }) => [
    String(vms),
    cpuSeconds.toFixed(1),
    ((1000 * cpuSeconds) / vms).toFixed(1),
    (rssMax / 1e6).toFixed(0),
    (bytesPerVm / 1e3).toFixed(0),
  ]);
  const bars = worldBars(report).map(({ what, wanted, found, reached }) => {
    const end = found === null ? 'not measured' : `${found}, ${reached ? 'reached' : 'MISSED'}`;
    return `${what}: ${wanted}; ${end}`;
  });
  return [...reportTable([head, ...cells], 1, [0, 1, 2, 3, 4], width), '', ...bars, ''].join('\n');
}
