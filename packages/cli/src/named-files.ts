import { resolve } from 'node:path';
import { FileError, visibleLine } from '@vcryptsim/ports';
import { namedPlace, writeNamedFile } from '@vcryptsim/ports/os';
import { CliError, describeFileError, EXIT } from './exit.js';
import { printError } from './output.js';

/**
 * Checks before long work that files can be written which the user named for it.
 *
 * @throws CliError badInput for a name given twice; environment for what is no file, has no folder or is not ours to write
 */
export function checkNamedFiles(paths: readonly string[]): void {
  const seen = new Set<string>();
  for (const path of paths) {
    const whole = resolve(path);
    try {
      const place = namedPlace(whole);
      const isAgain = seen.has(whole) && (place === 'file' || place === 'nothing');
      if (isAgain) throw new CliError(EXIT.badInput, `${visibleLine(path)} is named twice.`, 'Name another file.');
    } catch (error) {
      throw asNamed(error, path);
    }
    seen.add(whole);
  }
}

/**
 * Writes a file that the user named, and says on standard error when it replaces what was in it.
 *
 * @param path as the user gave it
 * @throws CliError environment
 */
export async function writeForUser(path: string, text: string): Promise<void> {
  try {
    const place = await writeNamedFile(resolve(path), new TextEncoder().encode(text));
    if (place === 'file') printError(`Replaced what was in ${visibleLine(path)}.\n`);
  } catch (error) {
    throw asNamed(error, path);
  }
}

function asNamed(error: unknown, path: string): unknown {
  if (!(error instanceof FileError)) return error;
  const shown = visibleLine(path);
  const nextStep = 'Name another file.';
  if (error.code === 'NOT_FOUND') {
    return new CliError(
      EXIT.environment,
      `${shown} cannot be written: its folder does not exist.`,
      'Make the folder first.',
    );
  }
  if (error.code === 'IS_LINK') {
    return new CliError(EXIT.environment, `${shown} is a link that leads nowhere.`, nextStep);
  }
  if (error.systemCode === 'ENXIO' || error.systemCode === 'EPIPE' || error.systemCode === 'EAGAIN') {
    const message = `${shown} is a pipe without a reader (${error.systemCode}).`;
    return new CliError(EXIT.environment, message, 'Start its reader, or name another file.');
  }
  if (error.code === 'NOT_A_FILE') {
    return new CliError(EXIT.environment, `${shown} is a disk or a socket, and nothing is written to those.`, nextStep);
  }
  return describeFileError(error);
}
