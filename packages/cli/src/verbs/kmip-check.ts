import { resolve } from 'node:path';
import {
  CHECK_PROFILES,
  type CheckProfile,
  type CheckReport,
  checkKeyServer,
  junitCheckReport,
} from '@vcryptsim/kmip-check';
import type { FileSystem } from '@vcryptsim/ports';
import { OsFileSystem, runCommand, SystemClock, TlsNetwork } from '@vcryptsim/ports/os';
import { RunError, readKeyServerAccess } from '@vcryptsim/scenario-engine';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CliError, EXIT } from '../exit.js';
import { parseServerAddress } from '../kmip-check/server-address.js';
import { checkLines, closingLines } from '../kmip-check/text-report.js';
import { writeForUser } from '../named-files.js';
import { jsonDocument, print, printJson } from '../output.js';
import { checkReports, parseReports, type WantedReport } from '../run/report-files.js';
import { terminalPaint } from '../terminal/terminal-paint.js';
import { terminalWidth } from '../terminal/terminal-width.js';

const RESTART_LIMIT_MS = 60_000;
const POLL_INTERVAL_MS = 1_000;

interface CheckWords {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly profile: CheckProfile;
  readonly hosts: number;
  readonly polls: number;
  readonly timeout: number;
  readonly restartHook?: string;
  readonly report?: readonly WantedReport[];
  readonly json?: boolean;
}

/** `vcryptsim kmip check`: plays vCenter against any KMIP server; ends with 0 unless a check failed. */
export function kmipCheckCommand(): Command {
  return new Command('check')
    .description('Test any KMIP server as vCenter would use it, check by check.')
    .argument('<host:port>', 'the key server; port 5696 when none is named')
    .requiredOption('--cert <pem>', 'the client certificate that the server knows')
    .requiredOption('--key <pem>', 'its private key, without a passphrase')
    .requiredOption('--ca <pem>', "the authority of the server's certificate, or that certificate itself")
    .option('--user <name>', 'a user name for the header of requests')
    .option('--password-file <file>', 'a file whose first line is the password of that user')
    .addOption(
      new Option('--profile <profile>', 'the vCenter to act as')
        .choices(Object.keys(CHECK_PROFILES))
        .default('vcenter-7.0.3'),
    )
    .option('--hosts <n>', 'how many hosts ask for their keys at once', numberFrom(1, 10_000), 64)
    .option('--polls <n>', 'how many health polls are made, one second apart', numberFrom(1, 3_600), 3)
    .option(
      '--timeout <seconds>',
      'how long the server may take for each answer; 30 s is what our vCenter allows [ours O6]',
      numberFrom(1, 600),
      30,
    )
    .option('--restart-hook <command>', 'a shell command that restarts the server; without it that is not tried')
    .option('--report <list>', 'junit=FILE,json=FILE', parseReports)
    .option('--json', 'print the report as one JSON document and nothing else')
    .addHelpText('after', AFTER_HELP)
    .action(check);
}

const AFTER_HELP = `
Keys are made on the server and destroyed at the end; what a server does not let us destroy is named.

Example:
  vcryptsim kmip check kms.example.org:5696 --cert vc.pem --key vc.key --ca kms-ca.pem --report junit=check.xml`;

async function check(address: string, words: CheckWords): Promise<void> {
  const { host, port } = parseServerAddress(address);
  const files = new OsFileSystem({ named: 'all' });
  checkReports(words.report ?? []);
  const clock = new SystemClock();
  const network = new TlsNetwork(clock);
  const width = terminalWidth();
  const paint = terminalPaint(process.stdout.isTTY === true);
  const tell = (lines: readonly string[]) => {
    if (words.json !== true) print(`${lines.join('\n')}\n`);
  };
  const { identity, trusted, credential } = await accessOf(files, words);
  const profile = CHECK_PROFILES[words.profile];
  tell([`KMIP server ${host}:${port}, profile: vCenter ${profile.label}`, '']);
  try {
    const report = await checkKeyServer(
      {
        ...{ address: { host, port }, identity, trusted, credential, profile, network, clock },
        ...{ timeoutMs: words.timeout * 1_000, hosts: words.hosts, polls: words.polls },
        ...{ pollIntervalMs: POLL_INTERVAL_MS, restartLimitMs: RESTART_LIMIT_MS },
        restart: restartOf(words.restartHook),
      },
      (result) => tell(checkLines(result, paint, width)),
    );
    tell(closingLines(report, width));
    if (words.json === true) printJson(report);
    await writeReports(words.report ?? [], report);
    if (report.status === 'failed') process.exitCode = EXIT.failed;
  } finally {
    credential?.password.fill(0);
    await network.dispose();
  }
}

async function accessOf(files: FileSystem, { cert, key, ca, user, passwordFile }: CheckWords) {
  try {
    return await readKeyServerAccess(files, {
      ...{ cert: resolve(cert), key: resolve(key), ca: resolve(ca), user },
      passwordFile: passwordFile === undefined ? undefined : resolve(passwordFile),
    });
  } catch (error) {
    if (error instanceof RunError) throw new CliError(EXIT.environment, error.message);
    throw error;
  }
}

function restartOf(command: string | undefined): (() => Promise<void>) | null {
  if (command === undefined) return null;
  return async () => {
    const exitCode = await runCommand(command);
    if (exitCode === 0) return;
    const ended = exitCode === null ? 'was ended by a signal' : `ended with ${exitCode}`;
    throw new CliError(EXIT.environment, `The restart hook ${ended}: ${command}`, 'Try it by hand, then check again.');
  };
}

async function writeReports(wanted: readonly WantedReport[], report: CheckReport): Promise<void> {
  const texts = {
    junit: () => junitCheckReport(report),
    json: () => jsonDocument(report),
  };
  for (const { kind, path } of wanted) await writeForUser(path, texts[kind]());
}

function numberFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`A whole number from ${least} to ${most} is wanted.`);
  };
}
