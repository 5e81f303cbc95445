import { join, relative, resolve } from 'node:path';
import { FileError, visibleLine } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import {
  allSteps,
  type LoadOptions,
  loadFile,
  loadScenario,
  peekScenario,
  type Scenario,
  ScenarioError,
} from '@vcryptsim/scenario-engine';
import { labelled, wrap } from '@vcryptsim/scenario-engine/layout';
import { Command } from 'commander';
import { CliError, EXIT } from '../exit.js';
import { print, printError, printJson } from '../output.js';
import { findScenarios, scenarioFolder } from '../run/find-scenarios.js';
import { terminalWidth } from '../terminal/terminal-width.js';
import { verbsCommand } from './scenario/verbs.js';
import { wordsCommand } from './scenario/words.js';

/** `vcryptsim scenario list | lint | show | verbs | words`. */
export function scenarioCommand(): Command {
  const command = new Command('scenario').description('List, check and show scenarios.');
  command
    .command('list')
    .description('List the scenarios of a folder.')
    .option('--dir <dir>', 'the folder (default: scenarios here, or those that come with vcryptsim)')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  vcryptsim scenario list')
    .action(list);
  command
    .command('lint')
    .description('Check scenario files without running them.')
    .argument('<file...>', 'scenario files (YAML), folders of them, or names from the list')
    .addHelpText('after', '\nExample:\n  vcryptsim scenario lint my-outage.yaml')
    .action(lint);
  command
    .command('show')
    .description('Show the lab and the steps of a scenario.')
    .argument('<name>', 'a name from the list, or a file')
    .addHelpText('after', '\nExample:\n  vcryptsim scenario show host-reboot-without-kms')
    .action(show);
  command.addCommand(verbsCommand());
  command.addCommand(wordsCommand());
  return command;
}

async function list(options: { readonly dir?: string; readonly json?: boolean }): Promise<void> {
  const files = new OsFileSystem({ named: 'all' });
  const folder = options.dir === undefined ? await scenarioFolder(files) : resolve(options.dir);
  const rows: { name: string; file: string; title: string; about: string }[] = [];
  for (const fileName of (await files.readdir(folder)).filter((name) => name.endsWith('.yaml'))) {
    const path = join(folder, fileName);
    const peeked = await peekScenario({ files, path, shownAs: fileName });
    const file = relative(process.cwd(), path);
    if (peeked !== null) rows.push({ name: fileName.slice(0, -5), file, title: peeked.name, about: peeked.about });
  }
  if (options.json === true) return void printJson({ scenarios: rows });
  const width = Math.max(0, ...rows.map((row) => row.name.length));
  const lines = rows.flatMap(({ name, title }) =>
    labelled(`${visibleLine(name).padEnd(width)}  `, onOneLine(title), terminalWidth()),
  );
  print(lines.map((line) => `${line}\n`).join(''));
}

async function lint(paths: readonly string[]): Promise<void> {
  const files = new OsFileSystem({ named: 'all' });
  let wrong = 0;
  const found: string[] = [];
  for (const word of paths) {
    try {
      found.push(...(await findScenarios(files, [word])));
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      wrong++;
      printError(`${error.message}\n`);
    }
  }
  for (const shownAs of found) {
    try {
      print(`${shownAs}: ${await checked({ files, path: resolve(shownAs), shownAs })}, no mistakes found\n`);
    } catch (error) {
      if (!(error instanceof ScenarioError || error instanceof FileError)) throw error;
      wrong++;
      const text =
        error instanceof ScenarioError
          ? error.message
          : `${shownAs}: cannot be read (${error.systemCode ?? error.code})`;
      printError(`${text}\n`);
    }
  }
  if (wrong > 0) process.exitCode = EXIT.badInput;
}

/** What a file has in it, once it was read and checked. @throws ScenarioError, FileError */
async function checked(options: LoadOptions): Promise<string> {
  const loaded = await loadFile(options);
  if ('scenario' in loaded) return `${allSteps(loaded.scenario.steps).length} steps`;
  const { lab } = loaded.topology;
  return `a lab of ${lab.hosts.length} hosts and ${Object.keys(lab.vms).length} VMs`;
}

async function show(name: string): Promise<void> {
  const files = new OsFileSystem({ named: 'all' });
  const [path = ''] = await findScenarios(files, [name]);
  try {
    print(
      describe(await loadScenario({ files, path: resolve(path), shownAs: relative(process.cwd(), resolve(path)) })),
    );
  } catch (error) {
    if (error instanceof ScenarioError) {
      throw new CliError(EXIT.badInput, 'bad scenario', undefined, error.message.split('\n'));
    }
    throw error;
  }
}

function describe({ name, about, file, lab, steps }: Scenario): string {
  const width = terminalWidth();
  const vms = Object.entries(lab.vms).map(([vm, { host, policy }]) => `  VM ${vm} on ${host}, ${policy}`);
  const taken = allSteps(steps).flatMap((step, index) =>
    labelled(`${String(index + 1).padStart(4)}  `, onOneLine(step.title), width),
  );
  const keyServers = `key servers ${lab.kms.nodes.join(', ')} (${lab.kms.provider}); hosts ${lab.hosts.join(', ')}`;
  return [
    ...wrap(onOneLine(name), '', width),
    ...wrap(onOneLine(about), '', width),
    '',
    `file  ${file}`,
    ...labelled('lab   ', keyServers, width),
    ...vms,
    '',
    ...taken,
    '',
  ].join('\n');
}

/** A text of the file, folded or not: no line of it stands for one of ours. */
function onOneLine(text: string): string {
  return visibleLine(text.trim().replaceAll(/\s+/g, ' '));
}
