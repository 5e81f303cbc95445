import { formatWorldReport, runWorldBench, worldBars } from '@vcryptsim/bench';
import { Command, InvalidArgumentError } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { checkNamedFiles, writeForUser } from '../../named-files.js';
import { jsonDocument, print, printJson, printJsonText, printProgress } from '../../output.js';
import { terminalWidth } from '../../terminal/terminal-width.js';

/** More does not fit the memory of one process. */
const VMS_MAX = 20_000;

interface WorldOptions {
  readonly vms: readonly number[];
  readonly json?: string | true;
}

/** `vcryptsim bench world`: what whole worlds of many VMs cost, in processor time and memory. */
export function worldCommand(): Command {
  return new Command('world')
    .description('Measure worlds of many encrypted VMs in memory: processor time and memory, disks compared.')
    .option('--vms <numbers>', 'numbers of VMs, each in a process of its own', sizes, [100, 1_000, 10_000])
    .option('--json [file]', 'write the report as JSON; to standard output without a file')
    .addHelpText('after', '\nExample:\n  vcryptsim bench world --vms 100,1000 --json world.json')
    .action(world);
}

/** Prints last a line of JSON, and ends with 1 when a bar is missed; a bar whose sizes were not run is not missed. */
async function world({ vms, json }: WorldOptions): Promise<void> {
  if (typeof json === 'string') checkNamedFiles([json]);
  const onProgress = (made: number, count: number) => printProgress(`${made} of ${count} VMs`);
  const report = await runWorldBench({ vms, onProgress });
  printProgress('');
  if (typeof json === 'string') await writeForUser(json, jsonDocument(report));
  if (json === true) printJson(report);
  else {
    print(formatWorldReport(report, terminalWidth()));
    printJsonText(`${JSON.stringify({ version: 1, ...report })}\n`);
  }
  const missed = worldBars(report).filter(({ reached }) => reached === false);
  if (missed.length === 0) return;
  throw new CliError(
    EXIT.failed,
    `this run missed a target: ${missed.map(({ what, wanted, found }) => `${what}: ${wanted}, found ${found}`).join('; ')}.`,
    'Run it again on a machine that does nothing else.',
  );
}

function sizes(text: string): readonly number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.every((number) => Number.isInteger(number) && number >= 1 && number <= VMS_MAX)) return numbers;
  throw new InvalidArgumentError(`Write whole numbers from 1 to ${VMS_MAX}, with commas between them: 100,1000.`);
}
