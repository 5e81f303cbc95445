import { resolve } from 'node:path';
import {
  CHECK_PROFILES,
  type CheckProfileName,
  type CheckReport,
  checkKeyServer,
  junitCheckReport,
  KMIP_CHECKS,
} from '@vcryptsim/kmip-check';
import { LabError, readKeyServerAccess } from '@vcryptsim/lab';
import { selfSign } from '@vcryptsim/pki';
import type { FileSystem, NetworkAddress, TlsIdentity } from '@vcryptsim/ports';
import { OsFileSystem, runCommand, SystemClock, SystemEntropy, SystemKeyPairs, TlsNetwork } from '@vcryptsim/ports/os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CliError, EXIT } from '../exit.js';
import { parseServerAddress } from '../kmip-check/server-address.js';
import { checkLines, closingLines } from '../kmip-check/text-report.js';
import { WireFolder } from '../kmip-check/wire-folder.js';
import { writeForUser } from '../named-files.js';
import { jsonDocument, print, printJson } from '../output.js';
import { checkReports, parseReports, type WantedReport } from '../run/report-files.js';
import { terminalPaint } from '../terminal/terminal-paint.js';
import { terminalWidth } from '../terminal/terminal-width.js';

const RESTART_LIMIT_MS = 60_000;
const POLL_INTERVAL_MS = 1_000;
const DAY_MS = 86_400_000;

interface CheckWords {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly only?: ReadonlySet<string>;
  readonly list?: boolean;
  readonly saveWire?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly node?: readonly NetworkAddress[];
  readonly renewedCert?: string;
  readonly renewedKey?: string;
  readonly profile: CheckProfileName;
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
    .argument('[host:port]', 'the key server; port 5696 when none is named')
    .option('--cert <file>', 'the client certificate that the server knows, in PEM, DER or PKCS#7')
    .option('--key <file>', 'its private key, in PEM or DER, without a passphrase')
    .option('--ca <file>', "the authority of the server's certificate, or that certificate itself")
    .option('--user <name>', 'a user name for the header of requests')
    .option('--password-file <file>', 'a file whose first line is the password of that user')
    .addOption(
      new Option('--profile <profile>', 'the vCenter to act as')
        .choices(Object.keys(CHECK_PROFILES))
        .default('vcenter-7.0.3'),
    )
    .option('--node <host:port>', 'another node of the same provider; may be given again', nodeAddress)
    .option('--renewed-cert <file>', 'a newer certificate of the same client, to try its renewal while in use')
    .option('--renewed-key <file>', 'the private key of that certificate')
    .option('--hosts <n>', 'how many hosts ask for their keys at once', numberFrom(1, 10_000), 64)
    .option('--polls <n>', 'how many health polls are made, one second apart', numberFrom(1, 3_600), 3)
    .option(
      '--timeout <seconds>',
      'how long the server may take for each answer; 30 s is what our vCenter allows [ours O6]',
      numberFrom(1, 600),
      30,
    )
    .option('--restart-hook <command>', 'a shell command that restarts the server; without it that is not tried')
    .option('--only <names>', 'make these checks, and those that they need; names with commas between', checkNames)
    .option('--list', 'list the checks and what is known of each profile, and make none')
    .option('--save-wire <folder>', 'a new folder for the messages of each check, without keys and passwords')
    .option('--report <list>', 'junit=FILE,json=FILE', parseReports)
    .option('--json', 'print the report as one JSON document and nothing else')
    .addHelpText('after', AFTER_HELP)
    .action(check);
}

const AFTER_HELP = `
Keys are made on the server and destroyed at the end; what a server does not let us destroy is named.

Example:
  vcryptsim kmip check kms.example.org:5696 --cert vc.pem --key vc.key --ca kms-ca.pem --report junit=check.xml`;

async function check(address: string | undefined, given: CheckWords): Promise<void> {
  if (given.list === true) return print(`${listLines().join('\n')}\n`);
  const words = withAccess(given);
  if (address === undefined) throw missing('the address of the server, HOST:PORT');
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
  const renewed = await renewedOf(files, words);
  const wire = words.saveWire === undefined ? null : await WireFolder.make(resolve(words.saveWire));
  const profile = CHECK_PROFILES[words.profile];
  tell([`KMIP server ${host}:${port}, profile: vCenter ${profile.conversation.label}`, '']);
  try {
    const report = await checkKeyServer(
      {
        ...{ address: { host, port }, identity, trusted, credential, profile, network, clock },
        ...{ timeoutMs: words.timeout * 1_000, hosts: words.hosts, polls: words.polls },
        ...{ pollIntervalMs: POLL_INTERVAL_MS, restartLimitMs: RESTART_LIMIT_MS },
        ...{ only: words.only ?? null, stranger: await strangerOf(clock) },
        ...{ renewed, nodes: words.node ?? [] },
        evidence: wire === null ? null : (name, kept) => wire.write(name, kept),
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

type Access = Required<Pick<CheckWords, 'cert' | 'key' | 'ca'>>;

/** Those three are needed for everything but the list. */
function withAccess(words: CheckWords): CheckWords & Access {
  const { cert, key, ca } = words;
  if (cert === undefined) throw missing('--cert FILE, the client certificate that the server knows');
  if (key === undefined) throw missing('--key FILE, the private key of that certificate');
  if (ca === undefined) throw missing("--ca FILE, the authority of the server's certificate");
  return { ...words, cert, key, ca };
}

function missing(what: string): CliError {
  return new CliError(EXIT.badInput, `kmip check needs ${what}.`, 'See: vcryptsim kmip check --help');
}

/** Somebody whom no server can know: a certificate that is made now and signed by itself. */
async function strangerOf(clock: SystemClock): Promise<TlsIdentity> {
  const keyPair = await new SystemKeyPairs(clock).generate('ec-p256');
  const validity = { notBeforeMs: clock.nowMs - DAY_MS, notAfterMs: clock.nowMs + DAY_MS };
  return selfSign({ subject: 'CN=vcryptsim stranger', keyPair, entropy: new SystemEntropy(), clock, ...validity });
}

function listLines(): string[] {
  const width = Math.max(...KMIP_CHECKS.map(({ name }) => name.length));
  const checks = KMIP_CHECKS.map(({ name, about }) => `${name.padEnd(width)}  ${about}`);
  const profiles = Object.entries(CHECK_PROFILES).flatMap(([name, { facts }]) => [
    '',
    `--profile ${name}`,
    ...facts.map((fact) => `  ${fact}`),
  ]);
  return [...checks, ...profiles];
}

function nodeAddress(text: string, earlier: readonly NetworkAddress[] = []): readonly NetworkAddress[] {
  return [...earlier, parseServerAddress(text)];
}

/** The second certificate of the client, where one is given. */
async function renewedOf(files: FileSystem, words: CheckWords & Access): Promise<TlsIdentity | null> {
  const { renewedCert: cert, renewedKey: key } = words;
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined) throw missing('--renewed-cert FILE beside --renewed-key');
  if (key === undefined) throw missing('--renewed-key FILE beside --renewed-cert');
  const { ca } = words;
  return (await accessOf(files, { ca, cert, key })).identity;
}

function checkNames(text: string): ReadonlySet<string> {
  const names = new Set(text.split(',').map((name) => name.trim()));
  const unknown = [...names].find((name) => !KMIP_CHECKS.some((one) => one.name === name));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no check '${unknown}'; see --list.`);
  return names;
}

async function accessOf(
  files: FileSystem,
  { cert, key, ca, user, passwordFile }: Pick<CheckWords, 'user' | 'passwordFile'> & Access,
) {
  try {
    return await readKeyServerAccess(files, {
      ...{ cert: resolve(cert), key: resolve(key), ca: resolve(ca), user },
      passwordFile: passwordFile === undefined ? undefined : resolve(passwordFile),
    });
  } catch (error) {
    if (error instanceof LabError) throw new CliError(EXIT.environment, error.message);
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
