import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { type ExternalKmsOverrides, LabError, readRunMark, removeRunFolder } from '@vcryptsim/lab';
import { FileError, type FileSystem, visibleLine } from '@vcryptsim/ports';
import { OsFileSystem, OsFolderLocks, SystemEntropy } from '@vcryptsim/ports/os';
import {
  type Audience,
  loadScenario,
  NO_AUDIENCE,
  type RunResult,
  runScenario,
  type Scenario,
  ScenarioError,
} from '@vcryptsim/scenario-engine';
import { wrapCommand } from '@vcryptsim/scenario-engine/layout';
import { Command, InvalidArgumentError, Option } from 'commander';
import { diskContentNote } from '../disk-content.js';
import { CliError, EXIT } from '../exit.js';
import { namingWhatIsLeft } from '../interrupt.js';
import { parseServerAddress } from '../kmip-check/server-address.js';
import { drawSeed, seedOf } from '../lab/seed.js';
import { printError, printJson } from '../output.js';
import { describeFailure } from '../run/describe-failure.js';
import { findScenarios } from '../run/find-scenarios.js';
import { Keyboard } from '../run/keyboard.js';
import { repeatCommand } from '../run/repeat-command.js';
import { checkReports, parseReports, type WantedReport, writeReports } from '../run/report-files.js';
import { newRunFolder } from '../run/run-folders.js';
import { TerminalAudience } from '../run/terminal-audience.js';
import { terminalWidth } from '../terminal/terminal-width.js';

interface RunOptions {
  readonly seed?: number;
  readonly engine: 'auto' | 'native' | 'portable';
  readonly disk?: string;
  readonly keep?: string;
  readonly saveWire?: string;
  readonly clock: 'virtual' | 'real';
  readonly wire: 'tls' | 'memory';
  readonly pace?: number;
  readonly step?: boolean;
  readonly quiz: boolean;
  readonly report?: readonly WantedReport[];
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly kms?: string;
  readonly kmsCert?: string;
  readonly kmsKey?: string;
  readonly kmsCa?: string;
  readonly kmsUser?: string;
  readonly kmsPasswordFile?: string;
}

/** What takes the place of a part of `lab.kms.external`: flag, what it says, environment variable. */
const EXTERNAL_KMS_FLAGS = [
  ['--kms <host:port>', 'use this KMIP server instead of ours', 'VCRYPTSIM_KMS'],
  ['--kms-cert <pem>', 'the client certificate that it knows', 'VCRYPTSIM_KMS_CERT'],
  ['--kms-key <pem>', 'the private key of that certificate', 'VCRYPTSIM_KMS_KEY'],
  ['--kms-ca <pem>', 'the authority of its certificate, or that certificate itself', 'VCRYPTSIM_KMS_CA'],
  ['--kms-user <name>', 'a user name for it', 'VCRYPTSIM_KMS_USER'],
  ['--kms-password-file <file>', 'a file whose first line is the password', 'VCRYPTSIM_KMS_PASSWORD_FILE'],
] as const;

/** `vcryptsim run`: plays scenarios, tells what happens, checks it, and ends with 0 only if all of it held. */
export function runCommand(): Command {
  const command = new Command('run')
    .description('Run scenario files: show what happens, check it, keep the files.')
    .argument('<file...>', 'scenario files (YAML), folders of them, or names from: vcryptsim scenario list')
    .option('--seed <n>', 'the seed that decides every key and ID (default: the one in the file, or a new one)', seedOf)
    .addOption(choice('--engine <engine>', 'which engine computes XTS', ['auto', 'native', 'portable'], 'auto'))
    .option('--disk <image>', "a raw image or a VMDK to fill the first VM's disk with; opened read-only")
    .option('--keep <dir>', 'a new or empty folder for the files of the run (default: one in the temporary folder)')
    .addOption(
      choice('--clock <clock>', 'virtual time jumps over waits; real time does not', ['virtual', 'real'], 'virtual'),
    )
    .addOption(choice('--wire <wire>', 'mutual TLS on loopback, or no sockets at all', ['tls', 'memory'], 'tls'))
    .option('--pace <ms>', 'wait so many real milliseconds after each step', wholeNumber)
    .option('--step', 'wait for Enter before each act')
    .option('--no-quiz', 'print the quiz questions with their answers instead of asking')
    .option('--save-wire <dir>', "what was on vCenter's wire, keys left out: files for kmip decode, and text")
    .option('--report <list>', 'junit=FILE,json=FILE', parseReports)
    .option('--quiet', 'print nothing but a failure')
    .option('--json', 'print the results as one JSON document and nothing else')
    .addHelpText(
      'after',
      '\nExample:\n  vcryptsim run scenarios/host-reboot-without-kms.yaml --disk my.img --keep run1',
    )
    .action(run);
  for (const [flags, says, variable] of EXTERNAL_KMS_FLAGS) command.addOption(new Option(flags, says).env(variable));
  return command;
}

async function run(words: readonly string[], options: RunOptions): Promise<void> {
  checkReports(options.report ?? []);
  const named = new OsFileSystem({ named: 'all' });
  const paths = await findScenarios(named, words);
  const scenarios = await loadAll(named, paths);
  const files = new OsFileSystem({ named: filesNamedIn(scenarios, paths, options) });
  if (options.disk !== undefined) {
    const note = await diskContentNote(files, resolve(options.disk), options.disk);
    if (note !== null) printError(note);
  }
  const results: RunResult[] = [];
  const folders = foldersIn(options.keep, paths) ?? paths.map(() => newRunFolder(new SystemEntropy()));
  const wireFolders = foldersIn(options.saveWire, paths) ?? [];
  const keyboard = new Keyboard();
  for (const [index, scenario] of scenarios.entries()) {
    const place = { path: resolve(paths[index] ?? ''), folder: folders[index] ?? '', wireFolder: wireFolders[index] };
    results.push(await runOne(files, scenario, place, { ...options, keyboard }));
  }
  keyboard.close();
  await writeReports(options.report ?? [], results);
  if (options.json === true) printJson({ runs: results });
  const failed = results.filter((result) => result.status === 'failed');
  const width = terminalWidth(process.stderr);
  if (options.quiet === true) {
    for (const result of failed) printError(describeFailure(result, repeatCommand(result, options), width));
  }
  if (failed.length > 0) process.exitCode = EXIT.failed;
}

/** Reads every scenario before the first one runs; what is wrong in any of them is told at once. */
async function loadAll(files: FileSystem, paths: readonly string[]): Promise<Scenario[]> {
  const scenarios: Scenario[] = [];
  const wrong: string[] = [];
  for (const shownAs of paths) {
    try {
      scenarios.push(await loadScenario({ files, path: resolve(shownAs), shownAs }));
    } catch (error) {
      if (error instanceof ScenarioError) wrong.push(...error.message.split('\n'));
      else if (error instanceof FileError) wrong.push(`${shownAs}: cannot be read (${error.systemCode ?? error.code})`);
      else throw error;
    }
  }
  if (wrong.length > 0) {
    const nextStep = 'Correct it, and check it with: vcryptsim scenario lint FILE';
    throw new CliError(EXIT.badInput, 'bad scenario', nextStep, wrong);
  }
  return scenarios;
}

/** A folder for each scenario in the one that the user named: itself for one, else one by each file's name in it. */
function foldersIn(folder: string | undefined, paths: readonly string[]): string[] | null {
  if (folder === undefined) return null;
  if (paths.length === 1) return [resolve(folder)];
  const names = paths.map((path) => basename(path).replace(/\.ya?ml$/, ''));
  return names.map((name, index) => {
    const again = names.slice(0, index).filter((earlier) => earlier === name).length;
    return `${resolve(folder)}/${name}${again === 0 ? '' : `-${again + 1}`}`;
  });
}

interface RunPlace {
  readonly path: string;
  readonly folder: string;
  readonly wireFolder: string | undefined;
}

async function runOne(
  files: FileSystem,
  scenario: Scenario,
  { path, folder, wireFolder }: RunPlace,
  options: RunOptions & { readonly keyboard: Keyboard },
): Promise<RunResult> {
  const isKept = options.keep !== undefined;
  const left = async () =>
    (await readRunMark(files, folder)) === null ? null : `The files so far are in ${visibleLine(folder)}.`;
  const seed = options.seed ?? scenario.seed ?? drawSeed(new SystemEntropy());
  const { clock, wire } = options;
  const work = () =>
    runScenario({
      scenario,
      seed,
      clock,
      wire,
      engine: options.engine,
      folder,
      isKept,
      locks: new OsFolderLocks(),
      ...(wireFolder === undefined ? {} : { saveWire: wireFolder }),
      files,
      audience: audienceOf(scenario, path, options),
      externalKms: externalKmsIn(options),
      ...(options.disk === undefined ? {} : { diskImage: resolve(options.disk) }),
    });
  try {
    const result = await namingWhatIsLeft(left, work);
    // Nobody is told of the folder then, so nobody would ever take it away.
    const unseen = options.quiet === true && !isKept && result.status === 'passed';
    const mark = unseen ? await readRunMark(files, folder) : null;
    if (mark !== null) await removeRunFolder(files, mark);
    return result;
  } catch (error) {
    const isInUse = error instanceof LabError && error.code === 'FOLDER_IN_USE';
    const sentence = isInUse ? null : await left();
    if (sentence !== null) {
      // A drawn seed is shown nowhere else when a run breaks off.
      const again = repeatCommand({ file: scenario.file, seed, clock, wire }, options);
      const lines = ['Repeat it:', ...wrapCommand(again, '  ', terminalWidth(process.stderr)), sentence];
      printError(`${lines.join('\n')}\n`);
    }
    if (error instanceof LabError) throw new CliError(EXIT.environment, error.message);
    throw error;
  }
}

function externalKmsIn({ kms, kmsCert, kmsKey, kmsCa, kmsUser, kmsPasswordFile }: RunOptions): ExternalKmsOverrides {
  const at = (path: string | undefined) => (path === undefined ? undefined : resolve(path));
  return {
    address: kms === undefined ? undefined : parseServerAddress(kms),
    ...{ cert: at(kmsCert), key: at(kmsKey), ca: at(kmsCa), user: kmsUser, passwordFile: at(kmsPasswordFile) },
  };
}

/** What the run only reads because the user named it, by a flag or in a scenario. */
function filesNamedIn(scenarios: readonly Scenario[], paths: readonly string[], options: RunOptions): string[] {
  const { cert, key, ca, passwordFile } = externalKmsIn(options);
  const flags = [cert, key, ca, passwordFile, options.disk === undefined ? undefined : resolve(options.disk)];
  const inScenarios = scenarios.flatMap(({ lab }, at) => {
    const external = lab.kms.external;
    const folder = dirname(resolve(paths[at] ?? ''));
    const named = [external?.cert, external?.key, external?.ca, external?.passwordFile];
    return named.map((path) => (path === undefined || isAbsolute(path) ? path : `${folder}/${path}`));
  });
  return [...flags, ...inScenarios].filter((path) => path !== undefined);
}

function audienceOf(scenario: Scenario, path: string, options: RunOptions & { readonly keyboard: Keyboard }): Audience {
  if (options.quiet === true || options.json === true) return NO_AUDIENCE;
  // CI systems often bring a terminal at which nobody sits.
  const isPerson = process.stdin.isTTY === true && process.stdout.isTTY === true && process.env.CI === undefined;
  const { pace: paceMs = 0, step: byStep = false, keyboard } = options;
  const repeat = (result: RunResult) => repeatCommand(result, options);
  return new TerminalAudience({ scenario, path, paceMs, byStep, keyboard, quiz: options.quiz && isPerson, repeat });
}

function choice(flags: string, says: string, choices: readonly string[], fallback: string): Option {
  return new Option(flags, says).choices(choices).default(fallback);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number, for example 500.');
  return Number(text);
}
