import { type Configuration, sameConfiguration, type XtsReport } from './report.js';

/** One configuration in two runs. */
export interface BaselineChange extends Configuration {
  readonly before: number;
  readonly now: number;
  /** now / before - 1 */
  readonly change: number;
}

/** Compares with an earlier run: what both measured, biggest loss first. Only runs on one machine compare. */
export function compareWithBaseline(now: XtsReport, before: XtsReport): BaselineChange[] {
  return now.rows
    .flatMap(({ engine, unit, request, workers, direction, mbps }) => {
      const configuration = { engine, unit, request, workers, direction };
      const earlier = before.rows.find((row) => sameConfiguration(row, configuration))?.mbps ?? null;
      if (mbps === null || earlier === null) return [];
      return [{ ...configuration, before: earlier, now: mbps, change: mbps / earlier - 1 }];
    })
    .sort((a, b) => a.change - b.change);
}

/**
 * Reads a report that `--json` wrote.
 *
 * @returns null for anything else
 */
export function parseXtsReport(text: string): XtsReport | null {
  try {
    const report: unknown = JSON.parse(text);
    const isReport = typeof report === 'object' && report !== null && 'rows' in report && Array.isArray(report.rows);
    return isReport ? (report as XtsReport) : null;
  } catch {
    return null;
  }
}
