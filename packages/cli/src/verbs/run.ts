import { Command } from 'commander';

/** `vcryptsim run`. */
export function runCommand(): Command {
  return new Command('run').description('run scenario files');
}
