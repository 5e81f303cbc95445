/**
 * The only file here that touches real time: simkit's exception to the rule that time comes through the constructor.
 * Bound when the module is loaded, so that a test runner's fake timers do not reach them.
 */
export const atNextLoopTurn: (run: () => void) => void = setImmediate;

/** Real milliseconds that only grow, for pacing and watchdogs; never for anything that is logged. */
export const wallMs: () => number = performance.now.bind(performance);

const startTimeout = setTimeout;
const stopTimeout = clearTimeout;
const startInterval = setInterval;
const stopInterval = clearInterval;

/** Calls `run` after `delayMs` real milliseconds; returns the way to call it off. */
export function afterWallMs(delayMs: number, run: () => void): () => void {
  const timer = startTimeout(run, Math.min(delayMs, 2 ** 31 - 1));
  return () => stopTimeout(timer);
}

/** Calls `run` each `periodMs` real milliseconds until the returned end is called. */
export function everyWallMs(periodMs: number, run: () => void): () => void {
  const timer = startInterval(run, periodMs);
  return () => stopInterval(timer);
}
