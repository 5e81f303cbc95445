import { join, relative, resolve } from 'node:path';
import { FileError } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import {
  EXPECTATIONS,
  INVARIANTS,
  loadScenario,
  peekScenario,
  type Scenario,
  ScenarioError,
  STEPS,
} from '@vcryptsim/scenario-engine';
import { Command } from 'commander';
import { CliError, EXIT } from '../exit.js';
import { print, printError, printJson } from '../output.js';
import { findScenarios, scenarioFolder } from '../run/find-scenarios.js';

/** `vcryptsim scenario list | lint | show | verbs`. */
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
  command
    .command('verbs')
    .description('List the words that scenarios are written with.')
    .addHelpText('after', '\nExample:\n  vcryptsim scenario verbs')
    .action(verbs);
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
  for (const { name, title } of rows) print(`${name.padEnd(width)}  ${title}\n`);
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
      const { steps } = await loadScenario({ files, path: resolve(shownAs), shownAs });
      print(`${shownAs}: ${steps.length} steps, no mistakes found\n`);
    } catch (error) {
      if (!(error instanceof ScenarioError || error instanceof FileError)) throw error;
      wrong++;
      const text = error instanceof ScenarioError ? error.message : `${shownAs}: cannot be read (${error.code})`;
      printError(`${text}\n`);
    }
  }
  if (wrong > 0) process.exitCode = EXIT.badInput;
}

async function show(name: string): Promise<void> {
  const files = new OsFileSystem({ named: 'all' });
  const [path = ''] = await findScenarios(files, [name]);
  try {
    print(
      describe(await loadScenario({ files, path: resolve(path), shownAs: relative(process.cwd(), resolve(path)) })),
    );
  } catch (error) {
    if (error instanceof ScenarioError) throw new CliError(EXIT.badInput, `bad scenario\n${error.message}`);
    throw error;
  }
}

function verbs(): void {
  const rows = [...STEPS].map(({ verb, about, example }) => `${verb}\n    ${about}\n    - ${example}\n`);
  const words = EXPECTATIONS.map(({ word, about }) => `${word}\n    ${about}\n`);
  const always = INVARIANTS.map(({ name, says }) => `${name}\n    ${says}\n`);
  print(
    `Steps\n\n${rows.join('')}\nExpectations (under expect: and until:)\n\n${words.join('')}\n` +
      `Checked after every step, whatever the scenario says\n\n${always.join('')}`,
  );
}

function describe({ name, about, file, lab, steps }: Scenario): string {
  const vms = Object.entries(lab.vms).map(([vm, { host, policy }]) => `  VM ${vm} on ${host}, ${policy}`);
  const taken = steps.map((step, index) => `${String(index + 1).padStart(4)}  ${step.title}`);
  return [
    name,
    about,
    '',
    `file  ${file}`,
    `lab   key servers ${lab.kms.nodes.join(', ')} (${lab.kms.provider}); hosts ${lab.hosts.join(', ')}`,
    ...vms,
    '',
    ...taken,
    '',
  ].join('\n');
}
