import { resolve } from 'node:path';
import { exists } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { namingWhatIsLeft } from '../../interrupt.js';
import { print } from '../../output.js';
import { type FolderOptions, withAdministrator } from './reach-folder.js';
import { asCliError } from './trouble.js';

interface BackupOptions extends FolderOptions {
  readonly out: string;
}

/** `vcryptsim kms backup`: also while the server runs. */
export function backupCommand(): Command {
  return new Command('backup')
    .description('Copy a key server, without its root key: keep that elsewhere. Also while it runs.')
    .requiredOption('--dir <dir>', "the key server's folder")
    .requiredOption('--out <file|folder>', 'where to; a name that ends in .tar makes one file, any other a folder')
    .option('--root-key <file>', 'the root key, for a server that does not run (default DIR/root.key)')
    .addHelpText('after', '\nExample:\n  vcryptsim kms backup --dir lab-kms --out lab-kms.tar')
    .action((options: BackupOptions) =>
      backUp(options).catch((error: unknown) => {
        throw asCliError(error);
      }),
    );
}

async function backUp(options: BackupOptions): Promise<void> {
  const out = resolve(options.out);
  const beside = `${out}.new`;
  const here = new OsFileSystem();
  // It grows there. What is there already may be the user's, and is not ours to remove.
  if (await exists(here, beside)) {
    const nextStep = 'It is yours, or what an interrupted backup left: move it away, or remove it.';
    throw new CliError(EXIT.environment, `${beside} is in the way of the backup.`, nextStep);
  }
  const left = async () =>
    (await exists(here, beside)) ? `${beside} is a backup that is not finished: remove it.` : null;
  const { files, sizeBytes } = await namingWhatIsLeft(left, () =>
    withAdministrator(options, (administrator) => administrator.perform<'backup'>({ action: 'backup', out })),
  );
  print(`${files} files, ${sizeBytes} bytes: ${out}\n`);
  print('The root key is not in it. Keep a copy of that file elsewhere: without it nothing opens.\n');
}
