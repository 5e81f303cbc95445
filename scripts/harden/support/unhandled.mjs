// Counts what would have ended a process: promises that nobody caught and exceptions that nobody caught.
let unhandled = 0;
const seen = [];
const MOST_KEPT = 20;

/** From now on counts instead of ending the process. */
export function countUnhandled() {
  for (const event of ['unhandledRejection', 'uncaughtException']) {
    process.on(event, (error) => {
      unhandled += 1;
      if (seen.length < MOST_KEPT) seen.push(`${event}: ${error?.stack ?? error}`);
    });
  }
}

/** How many there were, and the first of them. */
export function unhandledSoFar() {
  return { unhandled, seen };
}
