import { visibleLine } from '@vcryptsim/ports';
import { Command } from 'commander';
import { EXIT_CODES_HELP } from '../exit.js';
import { print } from '../output.js';
import { fitted } from '../terminal/fitted.js';
import { printTrouble } from '../terminal/print-trouble.js';
import { terminalWidth } from '../terminal/terminal-width.js';

/**
 * The verbs, in the order in which the help lists them. Each is loaded only when it is asked for, because a start-up
 * that reads every room of the house takes longer than most commands.
 */
const VERBS: ReadonlyMap<string, () => Promise<Command>> = new Map(
  Object.entries({
    run: async () => (await import('./run.js')).runCommand(),
    scenario: async () => (await import('./scenario.js')).scenarioCommand(),
    lab: async () => (await import('./lab.js')).labCommand(),
    kms: async () => (await import('./kms.js')).kmsCommand(),
    kmip: async () => (await import('./kmip.js')).kmipCommand(),
    inspect: async () => (await import('./inspect.js')).inspectCommand(),
    datastore: async () => (await import('./datastore.js')).datastoreCommand(),
    privileges: async () => (await import('./privileges.js')).privilegesCommand(),
    scan: async () => (await import('./scan.js')).scanCommand(),
    tamper: async () => (await import('./tamper.js')).tamperCommand(),
    clean: async () => (await import('./clean.js')).cleanCommand(),
    bench: async () => (await import('./bench.js')).benchCommand(),
  }),
);

/**
 * Builds the program with the verb that `words` asks for, or with all of them for the overview. Every help ends with the
 * exit codes, and everything that the library prints goes through the door.
 */
export async function program(words: readonly string[]): Promise<Command> {
  const root = new Command('vcryptsim')
    .description('vSphere VM Encryption in a box: a KMS, a vCenter, ESXi hosts and real ciphertext.')
    .version('0.1.0')
    .showHelpAfterError()
    // What stands behind a verb is the verb's own.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .addHelpText('after', '\nExample:\n  vcryptsim run scenarios/host-reboot-without-kms.yaml');
  const wanted = VERBS.get(words[0] ?? '');
  const loaders = wanted === undefined ? [...VERBS.values()] : [wanted];
  for (const load of loaders) root.addCommand(await load());
  for (const command of [root, ...descendants(root)]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => print(fitted(text, terminalWidth())),
      writeErr: printTrouble,
      outputError,
      getOutHelpWidth: () => terminalWidth(),
      getErrHelpWidth: () => terminalWidth(process.stderr),
    });
    if (command !== root && command.commands.length > 0) command.addHelpText('after', exampleOf(command));
    command.addHelpText('after', EXIT_CODES_HELP);
  }
  return root;
}

/** Says what is wrong with the words. They are quoted in it, and none of them begins a line. */
function outputError(message: string, write: (text: string) => void): void {
  const [what = '', ...suggestion] = message.trimEnd().split(/\n(?=\(Did you mean )/);
  for (const line of [what, ...suggestion]) write(`${visibleLine(line)}\n`);
}

/** The example of a verb that only holds others. */
function exampleOf(command: Command): string {
  const words: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) words.unshift(at.name());
  return `\nExample:\n  ${words.join(' ')} ${command.commands[0]?.name()} --help`;
}

function descendants(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}
