import { resolve } from 'node:path';
import { restoreBackup } from '@vcryptsim/kms';
import { exists, type FileSystem } from '@vcryptsim/ports';
import { OsFileSystem, SystemClock, SystemEntropy } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { namingWhatIsLeft } from '../../interrupt.js';
import { print, printError } from '../../output.js';
import { asCliError } from './trouble.js';

interface RestoreOptions {
  readonly from: string;
  readonly dir: string;
  readonly rootKey?: string;
}

/** `vcryptsim kms restore`. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('Restore the folder of a key server from a backup. Needs the root key that the backup does not hold.')
    .requiredOption('--from <file|folder>', 'the backup')
    .requiredOption('--dir <dir>', 'where to: a new folder, or one with nothing but root.key in it')
    .option('--root-key <file>', 'the root key; name it to `kms serve` too (default DIR/root.key)')
    .addHelpText(
      'after',
      [
        '',
        'Example:',
        '  mkdir -m 700 lab-kms-2 && cp root.key lab-kms-2/',
        '  vcryptsim kms restore --from lab-kms.tar --dir lab-kms-2',
      ].join('\n'),
    )
    .action((options: RestoreOptions) =>
      restore(options).catch((error: unknown) => {
        throw asCliError(error);
      }),
    );
}

async function restore({ from, dir, rootKey }: RestoreOptions): Promise<void> {
  const folder = resolve(dir);
  const named = [from, rootKey].flatMap((path) => (path === undefined ? [] : resolve(path)));
  // By threads, so that a signal is noticed while it goes on.
  const osFiles = new OsFileSystem({ mode: 'pool', named });
  const before = await namesIn(osFiles, folder);
  const left = async () => {
    const made = (await namesIn(osFiles, folder)).filter((name) => !before.includes(name));
    if (made.length === 0) return null;
    const paths = made.map((name) => `${folder}/${name}`).join(', ');
    return `The backup is not restored. Remove what was made of it: ${paths}`;
  };
  const { files, sizeBytes } = await namingWhatIsLeft(left, async () => {
    try {
      return await restoreBackup({
        files: osFiles,
        clock: new SystemClock(),
        entropy: new SystemEntropy(),
        from: resolve(from),
        folder,
        ...(rootKey !== undefined && { rootKeyPath: resolve(rootKey) }),
      });
    } catch (error) {
      const sentence = await left().catch(() => null);
      if (sentence !== null) printError(`${sentence}\n`);
      throw error;
    }
  });
  print(`${files} files, ${sizeBytes} bytes: ${folder}\n`);
  print(`Serve it: vcryptsim kms serve --dir ${dir}\n`);
}

async function namesIn(files: FileSystem, folder: string): Promise<string[]> {
  return (await exists(files, folder)) ? files.readdir(folder) : [];
}
