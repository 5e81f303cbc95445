import { parseSizeBytes } from '@vcryptsim/lab';
import { InvalidArgumentError } from 'commander';

const MIB = 2 ** 20;

/** Reads the size of a disk to measure, for commander. */
export function diskSize(text: string): number {
  const bytes = parseSizeBytes(text);
  if (bytes !== null && bytes >= MIB && bytes % MIB === 0) return bytes;
  throw new InvalidArgumentError('It is a number of whole MiB or GiB: 256MiB.');
}

/** Reads how many rounds, processes and the like, for commander. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('It is a whole number, 1 or more.');
}
