import { exists, type FileSystem } from '@vcryptsim/ports';
import { CliError, EXIT } from '../../exit.js';

/**
 * Refuses to write an identity where one is: what stands in a folder that the user names with --out is the user's.
 *
 * @param folder absolute; it may be missing
 * @throws CliError environment, naming the file; FileError
 */
export async function refuseToReplace(files: FileSystem, folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (!(await exists(files, `${folder}/${name}`))) continue;
    const message = `${folder}/${name} exists already.`;
    throw new CliError(EXIT.environment, message, 'Choose another folder with --out FOLDER.');
  }
}
