import { resolve } from 'node:path';
import { formatKmipReport, type KmipConfiguration, runKmipBench } from '@vcryptsim/bench';
import { Command } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { checkNamedFiles, writeForUser } from '../../named-files.js';
import { jsonDocument, print, printJson, printProgress } from '../../output.js';
import { terminalWidth } from '../../terminal/terminal-width.js';
import { wholeNumber } from './bench-arguments.js';

interface KmipOptions {
  readonly json?: string | true;
  readonly seconds: number;
  readonly clients: number;
  readonly rounds: number;
  readonly disk?: string;
  readonly assertBars?: boolean;
}

/** `vcryptsim bench kmip`: our key server beside PyKMIP's, under the same clients. */
export function kmipCommand(): Command {
  return new Command('kmip')
    .description('Measure the key server with clients in other processes, beside PyKMIP where it is installed.')
    .option('--json [file]', 'write the report as JSON; to standard output without a file')
    .option('--seconds <n>', 'length of one measurement', wholeNumber, 2)
    .option('--clients <n>', 'client processes, four connections each', wholeNumber, 2)
    .option('--rounds <n>', 'measurements of each configuration', wholeNumber, 5)
    .option('--disk <folder>', "folder on the disk to measure (default the system's temporary folder)")
    .option('--assert-bars', 'end with 1 when a target is missed (CI); without it a miss is only printed')
    .addHelpText('after', '\nExample:\n  vcryptsim bench kmip --json kmip.json')
    .action(kmip);
}

/** Missing a target ends with 1 only under --assert-bars; where PyKMIP is not installed there is none to miss. */
async function kmip(options: KmipOptions): Promise<void> {
  if (typeof options.json === 'string') checkNamedFiles([options.json]);
  const [, program = ''] = process.argv;
  const report = await runKmipBench({
    command: [process.execPath, program],
    seconds: options.seconds,
    clients: options.clients,
    rounds: options.rounds,
    ...(options.disk !== undefined && { diskFolder: resolve(options.disk) }),
    onProgress: showProgress,
  });
  printProgress('');
  if (typeof options.json === 'string') await writeForUser(options.json, jsonDocument(report));
  if (options.json === true) printJson(report);
  else print(formatKmipReport(report, terminalWidth()));
  const missed = report.bars.filter((bar) => bar.reached === false).map((bar) => bar.workload);
  if (options.assertBars === true && missed.length > 0) {
    throw new CliError(
      EXIT.failed,
      `this run missed a target: ${missed.join(', ')}.`,
      'Run it again on a machine that does nothing else.',
    );
  }
}

function showProgress(done: number, total: number, { subject, place, workload }: KmipConfiguration): void {
  printProgress(`measuring ${done + 1} of ${total}: ${workload}, ${subject}, store in ${place}`);
}
