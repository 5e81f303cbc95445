/** One bar: what was wanted and what came out; null where this run could not say. */
export interface Bar {
  readonly what: string;
  readonly wanted: string;
  readonly found: string | null;
  readonly reached: boolean | null;
}

/** A bar as a line of a report. */
export function barLine({ what, wanted, found, reached }: Bar): string {
  return `${what}: ${wanted}; ${found === null ? 'not measured' : `${found}, ${reached ? 'reached' : 'MISSED'}`}`;
}

/** The middle one, or the mean of the two in the middle; null of none. */
export function median(numbers: readonly number[]): number | null {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
