/** A time that a file has, in UTC; one that no date can be is shown as the number that it is. */
export function timeOf(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? `${timeMs} ms after 1970` : date.toISOString();
}
