import { formatRecryptReport, type RecryptSubject, runRecryptBench } from '@vcryptsim/bench';
import { Command, InvalidArgumentError } from 'commander';
import { checkNamedFiles, writeForUser } from '../../named-files.js';
import { jsonDocument, print, printJson, printProgress } from '../../output.js';
import { terminalWidth } from '../../terminal/terminal-width.js';
import { diskSize, wholeNumber, withRoom } from './bench-arguments.js';
import { failOnMissedBars } from './missed-bars.js';

interface RecryptOptions {
  readonly json?: string | true;
  readonly size: number;
  readonly unit: 512 | 4096;
  readonly rounds: number;
  readonly assertBars?: boolean;
}

/** `vcryptsim bench recrypt`: what changes of keys cost in this simulator, beside a bare loop and qemu-img. */
export function recryptCommand(): Command {
  return new Command('recrypt')
    .description('Measure shallow and deep recrypts, encrypting and decrypting, beside a bare loop and qemu-img.')
    .option('--json [file]', 'write the report as JSON; to standard output without a file')
    .option('--size <size>', 'size of the disk, whole MiB, at least 2', diskSize, 2 ** 30)
    .option('--unit <bytes>', 'data unit of the disk, 512 or 4096', dataUnit, 512)
    .option('--rounds <n>', 'measurements of each', wholeNumber, 5)
    .option('--assert-bars', 'end with 1 when a target is missed (CI); without it a miss is only printed')
    .addHelpText('after', '\nExample:\n  vcryptsim bench recrypt --size 256MiB --json recrypt.json')
    .action(recrypt);
}

async function recrypt({ json, size, unit, rounds, assertBars = false }: RecryptOptions): Promise<void> {
  if (typeof json === 'string') checkNamedFiles([json]);
  const onProgress = (done: number, total: number, what: RecryptSubject): void =>
    printProgress(`measuring ${done + 1} of ${total}: ${what}`);
  const report = await withRoom((onWorkFolder) =>
    runRecryptBench({ sizeBytes: size, unit, rounds, onProgress, onWorkFolder }),
  );
  printProgress('');
  if (typeof json === 'string') await writeForUser(json, jsonDocument(report));
  if (json === true) printJson(report);
  else print(formatRecryptReport(report, terminalWidth()));
  if (assertBars) failOnMissedBars(report.bars);
}

function dataUnit(text: string): 512 | 4096 {
  if (text === '512') return 512;
  if (text === '4096') return 4096;
  throw new InvalidArgumentError('It is 512 or 4096.');
}
