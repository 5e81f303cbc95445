import { Command } from 'commander';
import { flipCommand } from './tamper/flip.js';
import { replayCommand } from './tamper/replay.js';
import { rollbackCommand } from './tamper/rollback.js';
import { swapCommand } from './tamper/swap.js';

/** `vcryptsim tamper`: changes a file behind the host's back, and says what that does and who notices. */
export function tamperCommand(): Command {
  return new Command('tamper')
    .description("Change a VM's file behind the host's back: what it does, what it gains, who notices.")
    .addCommand(flipCommand())
    .addCommand(swapCommand())
    .addCommand(replayCommand())
    .addCommand(rollbackCommand());
}
