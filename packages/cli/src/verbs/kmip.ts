import { Command } from 'commander';
import { decodeCommand } from './kmip-decode.js';

/** `vcryptsim kmip`: look at what KMIP clients and servers say. */
export function kmipCommand(): Command {
  return new Command('kmip').description('Look at what KMIP clients and servers say.').addCommand(decodeCommand());
}
