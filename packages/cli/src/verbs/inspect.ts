import { Command } from 'commander';

/** `vcryptsim inspect`. */
export function inspectCommand(): Command {
  return new Command('inspect');
}
