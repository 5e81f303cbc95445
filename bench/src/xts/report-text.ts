import { reportTable, WIDE } from '../report-table.js';
import type { BaselineChange } from './baseline.js';
import type { XtsReport, XtsRow } from './report.js';

const BAR_WIDTH = 48;

/** The report for a terminal: the machine, a table of all rows, bar charts, and what AES-NI brings. */
export function formatXtsReport(report: XtsReport, width = WIDE): string {
  const units = [...new Set(report.rows.map(({ unit }) => unit))];
  return [
    ...machineLines(report),
    '',
    ...table(report.rows, width),
    ...units.flatMap((unit) => ['', ...chart(report, unit)]),
    '',
    ...aesNiLines(report, width),
    '',
  ].join('\n');
}

/** Mission row S15: the same work with the processor's AES instructions and without, or why that was not measured. */
function aesNiLines({ aesNi }: XtsReport, width: number): string[] {
  const { rows, slowdown, notMeasured } = aesNi;
  if (notMeasured !== null) return [`AES-NI: not measured, ${notMeasured}`];
  const head = ['unit', 'request', 'way', 'AES-NI', 'masked', 'ratio', 'portable'];
  const cells = rows.map((row) => [
    label(row.unit),
    label(row.request),
    row.direction,
    row.native.toFixed(0),
    row.masked.toFixed(0),
    row.ratio.toFixed(1),
    row.portable?.toFixed(0) ?? '-',
  ]);
  return [
    `What AES-NI brings: the native engine with it and with it masked in its process,`,
    `MB/s; beside it the portable engine, which has no OpenSSL.`,
    `OpenSSL's AES alone was ${slowdown?.toFixed(1)} times slower there, so the mask works.`,
    ...reportTable([head, ...cells], 3, [0, 1, 3, 4, 5, 6], width),
  ];
}

/** What changed since an earlier run, biggest loss first. */
export function formatBaseline(changes: readonly BaselineChange[]): string {
  const lines = changes.map((one) => {
    const percent = `${one.change >= 0 ? '+' : ''}${(one.change * 100).toFixed(1)} %`;
    return `${name(one).padEnd(18)} ${label(one.unit).padStart(8)} ${label(one.request).padStart(8)} ${one.direction}  ${one.before.toFixed(0).padStart(6)} -> ${one.now.toFixed(0).padStart(6)} MB/s  ${percent.padStart(8)}`;
  });
  return ['Compared with the earlier run:', ...lines, ''].join('\n');
}

function machineLines({ machine, rounds }: XtsReport): string[] {
  const instructions = machine.aes ? (machine.vaes ? 'AES-NI and VAES' : 'AES-NI') : 'no AES instructions';
  return [
    `${machine.cpu}, ${machine.cores} cores, ${instructions}`,
    `Node ${machine.node} with OpenSSL ${machine.opensslOfNode}; command: ${machine.opensslCommand ?? 'no openssl'}`,
    `MB/s (10^6 bytes), median of ${rounds} processes, range in brackets`,
  ];
}

function table(rows: readonly XtsRow[], width: number): string[] {
  const head = ['engine', 'unit', 'request', 'way', 'MB/s', 'range', 'x naive', 'x openssl'];
  const cells = rows.map((row) => [
    name(row),
    label(row.unit),
    label(row.request),
    row.direction,
    row.mbps?.toFixed(0) ?? '-',
    row.mbpsMin === null ? '' : `[${row.mbpsMin.toFixed(0)}-${row.mbpsMax?.toFixed(0)}]`,
    row.ratioNaive?.toFixed(2) ?? '-',
    row.ratioOpenssl?.toFixed(2) ?? '-',
  ]);
  return reportTable([head, ...cells], 4, [1, 2, 4, 6, 7], width);
}

/** One bar for each engine, for the largest request of up to 1 MiB, encrypting. */
function chart({ rows }: XtsReport, unit: number): string[] {
  const request = Math.max(
    ...rows.filter((row) => row.unit === unit && row.request <= 2 ** 20).map((row) => row.request),
  );
  const shown = rows.filter((row) => row.unit === unit && row.request === request && row.direction === 'encrypt');
  const fastest = Math.max(...shown.map(({ mbps }) => mbps ?? 0), 1);
  const bars = shown.map((row) => {
    const bar = '#'.repeat(Math.max(Math.round(((row.mbps ?? 0) / fastest) * BAR_WIDTH), 1));
    return `  ${name(row).padEnd(18)} ${(row.mbps?.toFixed(0) ?? '-').padStart(6)} ${row.mbps === null ? '' : bar}`;
  });
  return shown.length === 0
    ? []
    : [`Data units of ${label(unit)}, requests of ${label(request)}, encrypting, MB/s`, ...bars];
}

function name({ engine, workers }: { engine: string; workers: number }): string {
  return workers === 0 ? engine : `${engine}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`;
}

function label(bytes: number): string {
  if (bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20} MiB`;
  return bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes} B`;
}
