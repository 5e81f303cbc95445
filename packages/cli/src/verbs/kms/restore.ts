import { resolve } from 'node:path';
import { restoreBackup } from '@vcryptsim/kms';
import { OsFileSystem, SystemClock, SystemEntropy } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { print } from '../../output.js';
import { asCliError } from './trouble.js';

interface RestoreOptions {
  readonly from: string;
  readonly dir: string;
  readonly rootKey?: string;
}

/** `vcryptsim kms restore`. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description("Make a key server's folder of a backup. Needs the root key that the backup does not hold.")
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
  const { files, sizeBytes } = await restoreBackup({
    files: new OsFileSystem({ named }),
    clock: new SystemClock(),
    entropy: new SystemEntropy(),
    from: resolve(from),
    folder,
    ...(rootKey !== undefined && { rootKeyPath: resolve(rootKey) }),
  });
  print(`${files} files, ${sizeBytes} bytes: ${folder}\n`);
  print(`Serve it: vcryptsim kms serve --dir ${dir}\n`);
}
