import { Command, InvalidArgumentError } from 'commander';
import { offsetOf } from '../../tamper/offset-options.js';
import { flipOutcome } from '../../tamper/outcome.js';
import { placeOf, printReport } from '../../tamper/report.js';
import { openTarget, readPiece } from '../../tamper/target.js';

const BLOCK_BYTES = 16;

interface FlipOptions {
  readonly offset: number;
  readonly bit: number;
  readonly write?: boolean;
  readonly json?: boolean;
}

/** `vcryptsim tamper flip`: one bit of a file becomes the other. */
export function flipCommand(): Command {
  return new Command('flip')
    .description('Flip one bit, and show what it does to the block around it.')
    .argument('<file>', 'a file of a VM: an extent (-flat.vmdk), a descriptor, a VMX, an NVRAM')
    .requiredOption('--offset <bytes>', 'the byte, from 0: 100, or 0x64', offsetOf)
    .option('--bit <number>', 'the bit in it, 0 to 7', bitOf, 0)
    .option('--write', 'do it; without, it is only shown')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  vcryptsim tamper flip out/datastores/ds1/web/web-flat.vmdk --offset 100')
    .action(flip);
}

function bitOf(text: string): number {
  if (!/^[0-7]$/.test(text)) throw new InvalidArgumentError('Give a number from 0 to 7.');
  return Number(text);
}

async function flip(file: string, { offset, bit, write = false, json = false }: FlipOptions): Promise<void> {
  const target = await openTarget(file, write ? 'write' : 'read');
  try {
    await readPiece(target, offset, 1);
    const start = offset - (offset % BLOCK_BYTES);
    const before = await readPiece(target, start, Math.min(BLOCK_BYTES, target.sizeBytes - start));
    const after = before.map((byte, at) => (start + at === offset ? byte ^ (1 << bit) : byte));
    if (write) {
      await target.handle.pwrite(after, start);
      await target.handle.fsync();
    }
    printReport(
      {
        action: 'flip',
        target,
        says: `Bit ${bit} of ${placeOf(target, offset)} is flipped.`,
        changes: [{ offsetBytes: start, before, after }],
        outcome: flipOutcome(target.kind),
        written: write ? [`Wrote 1 byte to ${file}. The same command again puts it back.`] : null,
      },
      json,
    );
  } finally {
    await target.handle.close();
  }
}
