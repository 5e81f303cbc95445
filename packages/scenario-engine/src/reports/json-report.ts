import { visibleJson } from '@vcryptsim/ports';
import type { RunResult } from '../run/result.js';

/** Results as one JSON document: an object for one run, a list for several. */
export function jsonReport(results: readonly RunResult[]): string {
  return visibleJson(`${JSON.stringify(results.length === 1 ? results[0] : results, null, 2)}\n`);
}
