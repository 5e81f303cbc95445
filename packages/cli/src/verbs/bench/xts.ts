import { resolve } from 'node:path';
import {
  compareWithBaseline,
  formatBaseline,
  formatXtsReport,
  parseXtsReport,
  runXtsBench,
  runXtsSoak,
  SOAK_RSS_BAR_BYTES,
  type XtsReport,
  xtsReportToCsv,
} from '@vcryptsim/bench';
import { type FileSystem, readWhole } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command, InvalidArgumentError } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { checkNamedFiles, writeForUser } from '../../named-files.js';
import { jsonDocument, print, printJson, printProgress } from '../../output.js';
import { terminalWidth } from '../../terminal/terminal-width.js';
import { wholeNumber } from './bench-arguments.js';

/** A report of all configurations has some 50 KiB. */
const BASELINE_MAX_BYTES = 16 * 2 ** 20;

interface XtsOptions {
  readonly json?: string | true;
  readonly csv?: string;
  readonly baseline?: string;
  readonly soak?: number;
  readonly rounds: number;
  readonly quick?: boolean;
  readonly assertBars?: boolean;
}

/** `vcryptsim bench xts`: the XTS engines beside one cipher a unit, masked AES instructions and `openssl speed`. */
export function xtsCommand(): Command {
  return new Command('xts')
    .description('Measure XTS-AES-256: engines, workers, with and without AES-NI, beside openssl speed.')
    .option('--json [file]', 'write the report as JSON; to standard output without a file')
    .option('--csv <file>', 'write the rows as CSV')
    .option('--baseline <file>', 'compare with a report that --json wrote earlier on this machine')
    .option('--rounds <n>', 'processes for each configuration', wholeNumber, 5)
    .option('--quick', 'only 64 KiB and 1 MiB requests, encrypting')
    .option('--soak <size>', 'encrypt this much with the native engine and watch memory, e.g. 10GiB', size)
    .option('--assert-bars', 'end with 1 when a target is missed (CI); without it a miss is only printed')
    .addHelpText('after', '\nExample:\n  vcryptsim bench xts --json xts.json --csv xts.csv')
    .action(xts);
}

async function xts(options: XtsOptions): Promise<void> {
  if (options.soak !== undefined) {
    soak(options.soak, options.assertBars === true);
    return;
  }
  checkNamedFiles([options.json, options.csv].filter((path) => typeof path === 'string'));
  const files = new OsFileSystem();
  const baseline = options.baseline === undefined ? null : await readBaseline(files, options.baseline);
  const report = await runXtsBench({
    rounds: options.rounds,
    ...(options.quick === true ? { requests: [65_536, 1_048_576], directions: ['encrypt'] } : {}),
    onProgress: showProgress,
  });
  printProgress('');
  if (typeof options.json === 'string') await writeForUser(options.json, jsonDocument(report));
  if (options.csv !== undefined) await writeForUser(options.csv, xtsReportToCsv(report));
  if (options.json === true) {
    printJson(report);
    return;
  }
  print(formatXtsReport(report, terminalWidth()));
  if (baseline !== null) print(`\n${formatBaseline(compareWithBaseline(report, baseline))}`);
}

/** The result is one JSON document; missing its target ends with 1 only under --assert-bars. */
function soak(bytes: number, assertBars: boolean): void {
  const result = runXtsSoak({ bytes });
  printJson(result);
  if (assertBars && result.rssEnd - result.rssStart > SOAK_RSS_BAR_BYTES) {
    throw new CliError(
      EXIT.failed,
      `memory grew by ${Math.round((result.rssEnd - result.rssStart) / 2 ** 20)} MiB, more than the target of 64 MiB.`,
    );
  }
}

function showProgress(done: number, total: number): void {
  printProgress(`measuring ${done + 1} of ${total}`);
}

async function readBaseline(files: FileSystem, path: string): Promise<XtsReport> {
  const text = new TextDecoder().decode(await readWhole(files, resolve(path), BASELINE_MAX_BYTES));
  const report = parseXtsReport(text);
  if (report !== null) return report;
  throw new CliError(EXIT.badInput, `${path} is not a report of this bench.`, 'Make one with bench xts --json FILE.');
}

function size(text: string): number {
  const found = /^([1-9]\d{0,8})(B|KiB|MiB|GiB|TiB)?$/.exec(text);
  if (found === null) throw new InvalidArgumentError('A size is a number with B, KiB, MiB, GiB or TiB: 10GiB.');
  return Number(found[1]) * 1024 ** ['B', 'KiB', 'MiB', 'GiB', 'TiB'].indexOf(found[2] ?? 'B');
}
