import { Command } from 'commander';

/** `vcryptsim bench`. */
export function benchCommand(): Command {
  return new Command('bench');
}
