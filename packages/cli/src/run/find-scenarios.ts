import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exists, FileError, type FileSystem, visibleLine } from '@vcryptsim/ports';
import { nearestWord, peekScenario } from '@vcryptsim/scenario-engine';
import { SCHEMA_FILES } from '@vcryptsim/scenario-engine/reference';
import { CliError, EXIT } from '../exit.js';

/** `scenarios` in the working folder, else the folder that comes with vcryptsim. */
export async function scenarioFolder(files: FileSystem): Promise<string> {
  const here = resolve('scenarios');
  if (await exists(files, here)) return here;
  return resolve(dirname(fileURLToPath(import.meta.url)), '../../../../scenarios');
}

/** The JSON Schema of scenarios that comes with vcryptsim: an absolute path. */
export function schemaFile(): string {
  return resolve(dirname(fileURLToPath(import.meta.url)), '../../../../schema', SCHEMA_FILES.scenario);
}

/**
 * Finds the scenario files that a user means: a file, all scenarios of a folder, or a name from `scenario list`.
 *
 * @param words as the user gave them
 * @returns paths, as given or below the given folder
 * @throws CliError badInput for a word that means none, with the name that was probably meant
 */
export async function findScenarios(files: FileSystem, words: readonly string[]): Promise<string[]> {
  const found = await Promise.all(words.map((word) => findOne(files, word)));
  return found.flat();
}

async function findOne(files: FileSystem, word: string): Promise<string[]> {
  const path = resolve(word);
  if (await exists(files, path)) {
    return (await isFolder(files, path)) ? scenariosIn(files, word) : [word];
  }
  const isPath = /[/\\]|\.ya?ml$/.test(word);
  const folder = isPath ? dirname(path) : await scenarioFolder(files);
  const names = await namesIn(files, folder);
  if (!isPath && names.includes(word)) return [relative(process.cwd(), join(folder, `${word}.yaml`))];
  const meant = nearestWord(basename(word).replace(/\.ya?ml$/, ''), names);
  const hint = meant === null ? '' : ` Did you mean '${isPath ? join(dirname(word), `${meant}.yaml`) : meant}'?`;
  const shown = visibleLine(word);
  throw new CliError(
    EXIT.badInput,
    isPath ? `There is no file ${shown}.${visibleLine(hint)}` : `There is no scenario ${shown}.${visibleLine(hint)}`,
    'Name a file, a folder of scenarios, or a name from: vcryptsim scenario list',
  );
}

async function scenariosIn(files: FileSystem, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const name of await namesIn(files, resolve(folder))) {
    const path = join(folder, `${name}.yaml`);
    if ((await peekScenario({ files, path: resolve(path), shownAs: path })) !== null) paths.push(path);
  }
  if (paths.length > 0) return paths;
  const message = `There is no scenario in the folder ${visibleLine(folder)}.`;
  throw new CliError(EXIT.badInput, message, 'Scenarios are files that end in .yaml and have steps.');
}

/** Also by a link, which the user named. */
async function isFolder(files: FileSystem, path: string): Promise<boolean> {
  const { kind } = await files.lstat(path);
  if (kind !== 'link') return kind === 'folder';
  return files.readdir(path).then(
    () => true,
    (error: unknown) => {
      if (error instanceof FileError) return false;
      throw error;
    },
  );
}

/** The scenario after this one in its folder, in the order of their names; null when it is the only one there. */
export async function scenarioAfter(files: FileSystem, path: string): Promise<string | null> {
  const folder = dirname(path);
  const names = await namesIn(files, resolve(folder));
  const own = names.indexOf(basename(path, '.yaml'));
  if (own < 0) return null;
  for (const name of [...names.slice(own + 1), ...names.slice(0, own)]) {
    const other = join(folder, `${name}.yaml`);
    if ((await peekScenario({ files, path: resolve(other), shownAs: other })) !== null) return other;
  }
  return null;
}

async function namesIn(files: FileSystem, folder: string): Promise<string[]> {
  if (!(await exists(files, folder))) return [];
  return (await files.readdir(folder)).filter((name) => name.endsWith('.yaml')).map((name) => name.slice(0, -5));
}
