import { Command } from 'commander';

/** `vcryptsim scan`. */
export function scanCommand(): Command {
  return new Command('scan');
}
