import { Command } from 'commander';
import { doCommand } from './lab/do.js';
import { downCommand } from './lab/down.js';
import { upCommand } from './lab/up.js';

/** `vcryptsim lab`: a lab that stays up and takes orders. */
export function labCommand(): Command {
  return new Command('lab')
    .description('A lab that stays up: key server, vCenter, hosts and VMs to give orders to.')
    .addCommand(upCommand())
    .addCommand(doCommand())
    .addCommand(downCommand());
}
