import { visibleJson } from '@vcryptsim/ports';
import type { RunResult } from './result.js';

/** Results as one JSON document: `{ "version": 1, "runs": [...] }`, however many runs there were. */
export function jsonReport(results: readonly RunResult[]): string {
  return visibleJson(`${JSON.stringify({ version: 1, runs: results }, null, 2)}\n`);
}
