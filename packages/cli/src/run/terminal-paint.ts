import type { Paint } from '@vcryptsim/scenario-engine';
import { createColors } from 'picocolors';

/** Emphasis for a terminal; off it, and under NO_COLOR, plain text. */
export function terminalPaint(isTerminal: boolean): Paint {
  const colors = createColors(isTerminal && process.env.NO_COLOR === undefined);
  return { bold: colors.bold, dim: colors.dim, good: colors.green, bad: colors.red };
}
