import { Command } from 'commander';
import { kmipCheckCommand } from './kmip-check.js';
import { decodeCommand } from './kmip-decode.js';

/** `vcryptsim kmip`: look at what KMIP clients and servers say, and check a server as vCenter would. */
export function kmipCommand(): Command {
  return new Command('kmip')
    .description('Read KMIP messages; test a KMIP server as vCenter would use it.')
    .addCommand(decodeCommand())
    .addCommand(kmipCheckCommand());
}
