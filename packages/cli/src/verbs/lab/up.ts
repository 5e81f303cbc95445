import { relative, resolve } from 'node:path';
import {
  OsFileSystem,
  OsFolderLocks,
  SystemClock,
  SystemEntropy,
  startDetached,
  UnixSocket,
} from '@vcryptsim/ports/os';
import { loadTopology, type StartedLab, startLab } from '@vcryptsim/scenario-engine';
import { Command, Option } from 'commander';
import { CliError, EXIT, type TroubleCode } from '../../exit.js';
import { asLabTrouble } from '../../lab/lab-trouble.js';
import { drawSeed, seedOf } from '../../lab/seed.js';
import { printError, printJsonText } from '../../output.js';
import { schemaFile } from '../../run/find-scenarios.js';

interface UpOptions {
  readonly dir: string;
  readonly detach?: true;
  readonly clock?: 'virtual' | 'real';
  readonly wire?: 'tls' | 'memory';
  readonly engine?: 'auto' | 'native' | 'portable';
  readonly seed?: number;
}

/** `vcryptsim lab up`: keeps a lab up until `lab down`, SIGINT or SIGTERM. */
export function upCommand(): Command {
  return new Command('up')
    .description('Start a lab that stays up and takes orders; in the folder of a lab, start that lab again.')
    .argument('[file]', 'a topology (YAML): name, about, lab; not needed in the folder of a lab')
    .requiredOption('--dir <dir>', 'a new or empty folder, or the folder of a lab')
    .option('--detach', 'return when the lab is ready, and leave it running')
    .option('--seed <n>', 'the seed that decides every key and ID (default: the one in the file, or a new one)', seedOf)
    .addOption(
      new Option('--clock <clock>', 'virtual time rests between orders (default)').choices(['virtual', 'real']),
    )
    .addOption(
      new Option('--wire <wire>', 'mutual TLS on loopback (default), or no sockets').choices(['tls', 'memory']),
    )
    .addOption(
      new Option('--engine <engine>', 'which engine computes XTS (default: auto)').choices([
        'auto',
        'native',
        'portable',
      ]),
    )
    .addHelpText(
      'after',
      [
        '',
        'The last line on standard output says that it is ready: {"ready":true,"socket":"DIR/control.sock"}',
        'A lab that was ended, or killed, is started again from its folder as after a power cut of the whole site: what',
        'was in memory is gone, every VM is off, and key servers, vCenter and hosts read their disks.',
        '',
        'Example:',
        '  vcryptsim lab up scenarios/labs/one-cluster.yaml --dir my-lab --detach',
        "  vcryptsim lab do 'vm.create payroll' --dir my-lab",
        '  vcryptsim lab down --dir my-lab',
      ].join('\n'),
    )
    .action((file: string | undefined, options: UpOptions) =>
      (options.detach === true ? upDetached(file, options) : up(file, options)).catch((error: unknown) => {
        throw asLabTrouble(error);
      }),
    );
}

async function up(file: string | undefined, options: UpOptions): Promise<void> {
  const { dir, clock, wire, engine, seed } = options;
  // Whoever started it may be gone; then nobody reads what it says.
  process.stderr.on('error', () => {});
  const named = new OsFileSystem({ named: 'all' });
  const topology = file === undefined ? null : await loadTopology({ files: named, path: resolve(file), shownAs: file });
  const stopped = stopSignal();
  const wanted = { clock, wire, engine, seed };
  const started = await startLab({
    path: resolve(dir),
    topology,
    wanted: Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)),
    drawSeed: () => drawSeed(new SystemEntropy()),
    files: new OsFileSystem(),
    locks: new OsFolderLocks(),
    sockets: new UnixSocket(),
    clock: new SystemClock(),
    onFault: tellOfFault,
    schema: relative(resolve(dir), schemaFile()),
  });
  greet(started, dir);
  printJsonText(`${JSON.stringify({ ready: true, socket: started.socket })}\n`);
  const { lab } = started;
  void stopped.then(() => lab.down());
  const end = await lab.ended;
  await lab.close();
  if (end.kind === 'broken') throw end.error;
}

/** Starts the same command again as a process of its own, and waits until it is ready. */
async function upDetached(file: string | undefined, options: UpOptions): Promise<void> {
  const { detach: _, ...rest } = options;
  const flags = Object.entries(rest).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const program = process.argv[1] ?? '';
  const words = ['lab', 'up', ...(file === undefined ? [] : [file]), ...flags];
  const start = await startDetached(process.execPath, [...process.execArgv, program, ...words]);
  if ('line' in start) {
    printJsonText(`${start.line}\n`);
    return;
  }
  const exitCode = ([1, 2, 3] as const).find((code) => code === start.exitCode) ?? (EXIT.environment as TroubleCode);
  const [first = 'The lab did not start.', ...more] = start.stderr.trimEnd().split('\n');
  throw new CliError(exitCode, first.replace(/^vcryptsim: /, ''), undefined, more);
}

function greet({ setup, isNew, externalKms }: StartedLab, dir: string): void {
  const how = isNew ? 'is set up' : 'came back from its folder, as after a power cut: every VM is off';
  const lines = [
    `The lab '${setup.name}' ${how}. Keys that are made under a seed are not secret.`,
    ...(externalKms === null ? [] : [`Its key server is ${externalKms}, so its clock is the real one.`]),
    `Give it orders: vcryptsim lab do 'vm.create NAME' --dir ${dir}`,
  ];
  printError(`${lines.join('\n')}\n`);
}

/** One connection was lost to a mistake in vcryptsim: the stack helps whoever mends it. */
function tellOfFault(error: unknown): void {
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  printError(`A bug in vcryptsim left one request without an answer; the lab keeps running.\n${told}\n`);
}

/** Resolves at the first signal that asks for the end. A second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolveStop) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolveStop());
  });
}
