import { Command, CommanderError } from 'commander';
import { EXIT, reportTrouble } from './exit.js';
import { print, printError } from './output.js';
import { fitted } from './terminal/fitted.js';
import { terminalWidth } from './terminal/terminal-width.js';

/**
 * The verbs, in the order in which the help lists them. Each is loaded only when it is asked for, because a start-up
 * that reads every room of the house takes longer than most commands.
 */
const VERBS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./verbs/run.js')).runCommand(),
  scenario: async () => (await import('./verbs/scenario.js')).scenarioCommand(),
  kms: async () => (await import('./verbs/kms.js')).kmsCommand(),
  kmip: async () => (await import('./verbs/kmip.js')).kmipCommand(),
  inspect: async () => (await import('./verbs/inspect.js')).inspectCommand(),
  scan: async () => (await import('./verbs/scan.js')).scanCommand(),
  clean: async () => (await import('./verbs/clean.js')).cleanCommand(),
  bench: async () => (await import('./verbs/bench.js')).benchCommand(),
};

/** Builds the program with the verb that `words` asks for, or with all of them for the overview. */
async function program(words: readonly string[]): Promise<Command> {
  const root = new Command('vcryptsim')
    .description('vSphere VM Encryption in a box: a KMS, a vCenter, ESXi hosts and real ciphertext.')
    .version('0.1.0')
    .showHelpAfterError()
    .showSuggestionAfterError()
    .addHelpText('after', '\nExample:\n  vcryptsim run scenarios/host-reboot-without-kms.yaml');
  const wanted = VERBS[words[0] ?? ''];
  const loaders = wanted === undefined ? Object.values(VERBS) : [wanted];
  for (const load of loaders) root.addCommand(await load());
  for (const command of [root, ...descendants(root)]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => print(fitted(text, terminalWidth())),
      writeErr: printTrouble,
      getOutHelpWidth: () => terminalWidth(),
      getErrHelpWidth: () => terminalWidth(process.stderr),
    });
  }
  return root;
}

function descendants(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}

/** Runs the program and answers its exit code; 0 unless a verb set another or something was thrown. */
async function main(words: readonly string[]): Promise<number> {
  try {
    await (await program(words)).parseAsync(words, { from: 'user' });
    return Number(process.exitCode ?? EXIT.passed);
  } catch (error) {
    // Commander has said it already: help and version with 0, a wrong option with 1, which here is bad input.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.passed : EXIT.badInput;
    return report(error);
  }
}

/** A log takes lines as they are; only a terminal, or who says COLUMNS, has them fitted. */
function printTrouble(text: string): void {
  const isFitted = process.stderr.isTTY === true || process.env.COLUMNS !== undefined;
  printError(isFitted ? fitted(text, terminalWidth(process.stderr)) : text);
}

function report(error: unknown): number {
  return reportTrouble(error, printTrouble, process.env.VCRYPTSIM_TRACE === '1');
}

process.on('unhandledRejection', (error) => process.exit(report(error)));
// A reader that went away (`| head`) is no mistake of ours and no reason for a stack trace.
process.stdout.on('error', () => process.exit(EXIT.environment));
process.exitCode = await main(process.argv.slice(2));
