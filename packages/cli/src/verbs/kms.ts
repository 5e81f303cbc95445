import { Command } from 'commander';
import { clientAddCommand } from './kms/client-add.js';
import { serveCommand } from './kms/serve.js';

/** `vcryptsim kms`: a key server of its own, and who may use it. */
export function kmsCommand(): Command {
  const client = new Command('client').description('Who may connect to a key server.').addCommand(clientAddCommand());
  return new Command('kms')
    .description('Run a KMIP key server for labs and tests, and say who may use it.')
    .addCommand(serveCommand())
    .addCommand(client);
}
