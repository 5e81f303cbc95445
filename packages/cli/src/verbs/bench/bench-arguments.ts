import { NoRoomError } from '@vcryptsim/bench';
import { parseSizeBytes } from '@vcryptsim/lab';
import { InvalidArgumentError } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { namingWhatIsLeft } from '../../interrupt.js';

const MIB = 2 ** 20;

/** Reads the size of a disk to measure, for commander. */
export function diskSize(text: string): number {
  const bytes = parseSizeBytes(text);
  if (bytes !== null && bytes >= 2 * MIB && bytes % MIB === 0) return bytes;
  throw new InvalidArgumentError('It is a number of whole MiB or GiB, at least 2 MiB: 256MiB.');
}

/**
 * Runs a measurement that needs a folder of some size. Where there is no room, says so as a person needs it; a signal takes
 * the folder away first.
 *
 * @param measure tells its one parameter how the folder is taken away
 */
export async function withRoom<T>(measure: (onWorkFolder: (takeAway: () => void) => void) => Promise<T>): Promise<T> {
  let takeAway = (): void => {};
  const left = async (): Promise<null> => {
    takeAway();
    return null;
  };
  const remember = (how: () => void): void => {
    takeAway = how;
  };
  try {
    return await namingWhatIsLeft(left, () => measure(remember));
  } catch (error) {
    if (!(error instanceof NoRoomError)) throw error;
    throw new CliError(EXIT.environment, `${error.message}.`, 'Choose a smaller --size, or make room there.');
  }
}

/** Reads how many rounds, processes and the like, for commander. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('It is a whole number, 1 or more.');
}
