import { type Bar, barLine } from '@vcryptsim/bench';
import { CliError, EXIT } from '../../exit.js';

/** Ends with 1 where a bar was missed; what was not measured was not missed. */
export function failOnMissedBars(bars: readonly Bar[]): void {
  const missed = bars.filter(({ reached }) => reached === false);
  if (missed.length === 0) return;
  throw new CliError(
    EXIT.failed,
    `this run missed a target. ${missed.map(barLine).join('. ')}.`,
    'Run it again on a machine that does nothing else.',
  );
}
