import type { Failure, RunResult } from '../reports/result.js';
import { textWidth } from './layout.js';

/** Characters before the first difference that are shown. */
const BEFORE = 12;

/** What was expected, and under it what was wanted and what was seen, cut to where they differ. */
export function failureLines({ what, wanted, found }: Failure, indent: string, width: number): string[] {
  const inner = `${indent}  `;
  const room = Math.max(20, width - inner.length - 'wanted  '.length - 2);
  const [one, other] = aroundDifference(wanted, found, room);
  return [`${indent}! ${what === 'step' ? 'the step' : what}`, `${inner}wanted  ${one}`, `${inner}seen    ${other}`];
}

/** Two texts that differ, each cut to `room` columns in such a way that the first difference is in sight. */
export function aroundDifference(wanted: string, seen: string, room: number): [string, string] {
  const [a, b] = [wanted, seen].map((text) => text.replaceAll(/\s+/g, ' ')) as [string, string];
  if (textWidth(a) <= room && textWidth(b) <= room) return [a, b];
  let same = 0;
  while (same < Math.min(a.length, b.length) && a[same] === b[same]) same++;
  const from = same + BEFORE > room ? same - BEFORE : 0;
  const cut = (text: string): string => {
    const begun = from === 0 ? text : `...${text.slice(from)}`;
    return textWidth(begun) <= room ? begun : `${begun.slice(0, room - 3)}...`;
  };
  return [cut(a), cut(b)];
}

/** `FAILED at step 3 of 8, outage.yaml:12`, or `PASSED, 8 of 8 steps`: how a run ended, and where. */
export function verdictOf({ status, steps, file }: RunResult): string {
  if (status === 'passed') return `PASSED  ${steps.length} of ${steps.length} steps`;
  const failed = steps.find((step) => step.status === 'failed');
  if (failed === undefined) return `FAILED in the search after the last step, ${file}`;
  return `FAILED at step ${failed.number} of ${steps.length}, ${failed.file}:${failed.line}`;
}
