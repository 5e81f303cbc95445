import { type DiskConfiguration, formatDiskReport, runDiskBench } from '@vcryptsim/bench';
import { Command } from 'commander';
import { checkNamedFiles, writeForUser } from '../../named-files.js';
import { jsonDocument, print, printJson, printProgress } from '../../output.js';
import { terminalWidth } from '../../terminal/terminal-width.js';
import { diskSize, wholeNumber, withRoom } from './bench-arguments.js';
import { failOnMissedBars } from './missed-bars.js';

interface DiskOptions {
  readonly json?: string | true;
  readonly size: number;
  readonly rounds: number;
  readonly milliseconds: number;
  readonly assertBars?: boolean;
}

/** `vcryptsim bench disk`: what a guest's reads and writes cost in this simulator, plain and encrypted. */
export function diskCommand(): Command {
  return new Command('disk')
    .description('Measure reads and writes of a guest, plain and encrypted, beside a bare loop, qemu-img and dm-crypt.')
    .option('--json [file]', 'write the report as JSON; to standard output without a file')
    .option('--size <size>', 'size of each disk, whole MiB, at least 2', diskSize, 256 * 2 ** 20)
    .option('--rounds <n>', 'measurements of each load', wholeNumber, 3)
    .option('--milliseconds <n>', 'length of one measurement', wholeNumber, 300)
    .option('--assert-bars', 'end with 1 when a target is missed (CI); without it a miss is only printed')
    .addHelpText('after', '\nExample:\n  vcryptsim bench disk --size 64MiB --rounds 1 --json disk.json')
    .action(disk);
}

async function disk({ json, size, rounds, milliseconds, assertBars = false }: DiskOptions): Promise<void> {
  if (typeof json === 'string') checkNamedFiles([json]);
  const onProgress = (done: number, total: number, { subject, direction }: DiskConfiguration): void =>
    printProgress(`measuring ${done + 1} of ${total}: ${subject}, ${direction}`);
  const report = await withRoom((onWorkFolder) =>
    runDiskBench({ sizeBytes: size, rounds, measureMs: milliseconds, onProgress, onWorkFolder }),
  );
  printProgress('');
  if (typeof json === 'string') await writeForUser(json, jsonDocument(report));
  if (json === true) printJson(report);
  else print(formatDiskReport(report, terminalWidth()));
  if (assertBars) failOnMissedBars(report.bars);
}
