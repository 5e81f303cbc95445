import { Command } from 'commander';
import { statsCommand } from './datastore/stats.js';

/** `vcryptsim datastore`: looks at a datastore's folder from below, as the array under it does. */
export function datastoreCommand(): Command {
  return new Command('datastore')
    .description("Look at a datastore's files from below, as the storage array does.")
    .addCommand(statsCommand());
}
