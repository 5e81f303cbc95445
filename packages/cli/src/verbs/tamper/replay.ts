import { Command } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { offsetOf, sizeOption } from '../../tamper/offset-options.js';
import { replayOutcome } from '../../tamper/outcome.js';
import { placeOf, printReport } from '../../tamper/report.js';
import { openTarget, readPiece } from '../../tamper/target.js';

interface ReplayOptions {
  readonly from: string;
  readonly offset: number;
  readonly size: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

/** `vcryptsim tamper replay`: a piece of a file is again what it was in an older copy. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('Put a block, or a sector, of an older copy of a file back in its place.')
    .argument('<file>', 'a file of a VM: an extent (-flat.vmdk), a descriptor, a VMX, an NVRAM')
    .requiredOption('--from <file>', 'an older copy of the same file')
    .requiredOption('--offset <bytes>', 'where the piece begins, a multiple of --size', offsetOf)
    .addOption(sizeOption())
    .option('--write', 'do it; without, it is only shown')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  vcryptsim tamper replay out/datastores/ds1/web/web-flat.vmdk --from monday.img --offset 512',
    )
    .action(replay);
}

async function replay(file: string, options: ReplayOptions): Promise<void> {
  const { from, offset, write = false, json = false } = options;
  const size = Number(options.size);
  if (offset % size !== 0) {
    throw new CliError(EXIT.badInput, `${offset} is not a multiple of ${size}.`, 'Pieces begin where blocks begin.');
  }
  const older = await openTarget(from, 'read');
  try {
    const target = await openTarget(file, write ? 'write' : 'read');
    try {
      const before = await readPiece(target, offset, size);
      const after = await readPiece(older, offset, size);
      if (write) {
        await target.handle.pwrite(after, offset);
        await target.handle.fsync();
      }
      const isSame = Buffer.compare(before, after) === 0;
      printReport(
        {
          action: 'replay',
          target,
          says: `${size} bytes at ${placeOf(target, offset)} come from ${from}.${isSame ? ' They are equal, so nothing changes.' : ''}`,
          changes: [{ offsetBytes: offset, before, after }],
          outcome: replayOutcome(target.kind, size),
          written: write ? [`Wrote ${size} bytes to ${file}. What was there is shown above.`] : null,
        },
        json,
      );
    } finally {
      await target.handle.close();
    }
  } finally {
    await older.handle.close();
  }
}
