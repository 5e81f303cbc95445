import type { XtsReport } from './report.js';

const COLUMNS = [
  'engine',
  'unit',
  'request',
  'workers',
  'direction',
  'mbps',
  'mbpsMin',
  'mbpsMax',
  'ratioNaive',
  'ratioOpenssl',
] as const;

/** The rows as CSV (RFC 4180) with a head line; a missing figure is an empty field. */
export function xtsReportToCsv(report: XtsReport): string {
  const lines = report.rows.map((row) => COLUMNS.map((column) => row[column] ?? '').join(','));
  return `${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}
