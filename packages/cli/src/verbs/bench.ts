import { Command } from 'commander';
import { diskCommand } from './bench/disk.js';
import { kmipCommand } from './bench/kmip.js';
import { recryptCommand } from './bench/recrypt.js';
import { worldCommand } from './bench/world.js';
import { xtsCommand } from './bench/xts.js';

/** `vcryptsim bench`: what it costs, measured on this machine beside its peers. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('Measure what encryption costs on this machine.')
    .addCommand(xtsCommand())
    .addCommand(kmipCommand())
    .addCommand(diskCommand())
    .addCommand(recryptCommand())
    .addCommand(worldCommand());
}
