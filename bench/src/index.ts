export { type BaselineChange, compareWithBaseline, parseXtsReport } from './xts/baseline.js';
export type { XtsScope } from './xts/configurations.js';
export type { Machine } from './xts/machine.js';
export type { Configuration, MeasuredEngine, XtsReport, XtsRow } from './xts/report.js';
export { xtsReportToCsv } from './xts/report-csv.js';
export { aesNiLesson, formatBaseline, formatXtsReport } from './xts/report-text.js';
export { runXtsBench, type XtsBenchOptions } from './xts/run-xts-bench.js';
export { runXtsSoak, SOAK_RSS_BAR_BYTES, type SoakResult } from './xts/soak.js';
