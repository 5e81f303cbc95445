import { Command } from 'commander';

/** `vcryptsim kms`. */
export function kmsCommand(): Command {
  return new Command('kms');
}
