import { z } from 'zod';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The longest duration in a scenario: 30 days. A day of a lab's time costs about a second of real time. */
export const LONGEST_MS = 30 * 86_400_000;

/** Milliseconds of a duration such as `250ms`, `30s`, `5m`, `2h` or `1d`, or null when the text is not one. */
export function parseDurationMs(text: string): number | null {
  const match = /^(\d{1,9})\s*(ms|s|m|h|d)$/.exec(text.trim());
  const unitMs = UNIT_MS[match?.[2] ?? ''];
  return match === null || unitMs === undefined ? null : Number(match[1]) * unitMs;
}

/** Prints a duration for people: `250 ms`, `30 s`, `5 min`, `2 h 30 min`, `30 days`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${Number((durationMs / 1_000).toFixed(1))} s`;
  const minutes = Math.floor(durationMs / 60_000);
  if (minutes % 1_440 === 0 && minutes > 1_440) return `${minutes / 1_440} days`;
  const parts = [
    [Math.floor(minutes / 60), 'h'],
    [minutes % 60, 'min'],
    [Math.floor((durationMs % 60_000) / 1_000), 's'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** A duration in a scenario, `least` to `most`, in milliseconds: 1 ms to 30 days unless told otherwise. */
export function durationBetween(least: number, most: number): z.ZodType<number> {
  const duration = z.string().transform((text, context) => {
    const durationMs = parseDurationMs(text);
    if (durationMs !== null && durationMs >= least && durationMs <= most) return durationMs;
    const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
    const message =
      durationMs === null
        ? `'${shown}' is not a duration. Write a number and a unit, for example 30s (ms, s, m, h, d)`
        : `'${shown}' is outside the limits: ${formatDuration(least)} to ${formatDuration(most)}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
  return duration.describe('a duration such as 30s (ms, s, m, h, d)');
}

/** A duration in a scenario, at most {@link LONGEST_MS}. The result is in milliseconds. */
export const durationSchema = durationBetween(1, LONGEST_MS);
