import { Command } from 'commander';

/** `vcryptsim scenario list | lint | show`. */
export function scenarioCommand(): Command {
  return new Command('scenario').description('list, check and show scenarios');
}
