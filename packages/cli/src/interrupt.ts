import { constants } from 'node:os';
import { EXIT_BY_SIGNAL } from './exit.js';
import { printError } from './output.js';

/** Signals by which a person, a shell or a supervisor ends a program. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does work that makes files. When a signal ends the program meanwhile, what is left is named first; a second signal
 * ends it at once.
 *
 * @param left names what was made and what to do with it, or null when nothing was
 */
export async function namingWhatIsLeft<T>(left: () => Promise<string | null>, work: () => Promise<T>): Promise<T> {
  let isEnding = false;
  const end = (signal: (typeof ENDING)[number]) => {
    const exitCode = EXIT_BY_SIGNAL + constants.signals[signal];
    if (isEnding) process.exit(exitCode);
    isEnding = true;
    void left()
      .catch(() => null)
      .then((sentence) => {
        printError(`\nvcryptsim: ended by ${signal}.${sentence === null ? '' : ` ${sentence}`}\n`);
        process.exit(exitCode);
      });
  };
  for (const signal of ENDING) process.on(signal, end);
  try {
    return await work();
  } finally {
    for (const signal of ENDING) process.removeListener(signal, end);
  }
}
