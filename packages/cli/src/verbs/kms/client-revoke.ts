import { resolve } from 'node:path';
import { Registrar } from '@vcryptsim/kms';
import { OsFileSystem, SystemClock } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { print } from '../../output.js';
import { readAuthority } from './authority.js';
import { reachFolder } from './reach-folder.js';
import { asCliError } from './trouble.js';

/** `vcryptsim kms client revoke`: also while a server runs. */
export function clientRevokeCommand(): Command {
  return new Command('revoke')
    .description('Shut a client out: its connections are closed and it makes no more. Its objects and its name stay.')
    .argument('<name>', 'the client')
    .requiredOption('--dir <dir>', "the key server's folder")
    .addHelpText('after', '\nExample:\n  vcryptsim kms client revoke backup --dir lab-kms')
    .action((name: string, options: { readonly dir: string }) =>
      revoke(name, options.dir).catch((error: unknown) => {
        throw asCliError(error);
      }),
    );
}

async function revoke(name: string, dir: string): Promise<void> {
  const files = new OsFileSystem();
  const folder = resolve(dir);
  const authority = await readAuthority(files, folder);
  const closed = await reachFolder(folder, {
    running: async (administrator) => {
      const answer = await administrator.perform<'client.revoke'>({ action: 'client.revoke', name });
      return answer.closedConnections;
    },
    closed: async () => {
      const registrar = await Registrar.open({ folder, files, clock: new SystemClock(), authority });
      try {
        await registrar.revoke(name);
        return 0;
      } finally {
        await registrar.close();
      }
    },
  });
  print(`Client ${name} may not connect any more. Connections closed: ${closed}\n`);
}
