import { Command } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { offsetOf, sizeOption } from '../../tamper/offset-options.js';
import { swapOutcome } from '../../tamper/outcome.js';
import { placeOf, printReport } from '../../tamper/report.js';
import { openTarget, readPiece } from '../../tamper/target.js';

interface SwapOptions {
  readonly offset: number;
  readonly with: number;
  readonly size: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

/** `vcryptsim tamper swap`: two pieces of a file change places. */
export function swapCommand(): Command {
  return new Command('swap')
    .description('Exchange two blocks, or two sectors, of a file.')
    .argument('<file>', 'a file of a VM: an extent (-flat.vmdk), a descriptor, a VMX, an NVRAM')
    .requiredOption('--offset <bytes>', 'where the one begins, a multiple of --size', offsetOf)
    .requiredOption('--with <bytes>', 'where the other begins, a multiple of --size', offsetOf)
    .addOption(sizeOption())
    .option('--write', 'do it; without, it is only shown')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  vcryptsim tamper swap out/datastores/ds1/web/web-flat.vmdk --offset 0 --with 512 --size 512',
    )
    .action(swap);
}

async function swap(file: string, options: SwapOptions): Promise<void> {
  const { offset, with: other, write = false, json = false } = options;
  const size = Number(options.size);
  if (offset % size !== 0 || other % size !== 0 || offset === other) {
    const message = `${offset} and ${other} are not two places of whole pieces of ${size} bytes.`;
    throw new CliError(EXIT.badInput, message, `Give two different multiples of ${size}.`);
  }
  const target = await openTarget(file, write ? 'write' : 'read');
  try {
    const one = await readPiece(target, offset, size);
    const two = await readPiece(target, other, size);
    if (write) {
      await target.handle.pwrite(two, offset);
      await target.handle.pwrite(one, other);
      await target.handle.fsync();
    }
    const isSame = Buffer.compare(one, two) === 0;
    printReport(
      {
        action: 'swap',
        target,
        says: `${size} bytes at ${placeOf(target, offset)} change places with those at ${placeOf(target, other)}.${isSame ? ' They are equal, so nothing changes.' : ''}`,
        changes: [
          { offsetBytes: offset, before: one, after: two },
          { offsetBytes: other, before: two, after: one },
        ],
        outcome: swapOutcome(target.kind, size),
        written: write ? [`Wrote ${2 * size} bytes to ${file}. The same command again puts them back.`] : null,
      },
      json,
    );
  } finally {
    await target.handle.close();
  }
}
