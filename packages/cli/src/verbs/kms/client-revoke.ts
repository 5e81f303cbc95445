import { resolve } from 'node:path';
import { ClientRegistry } from '@vcryptsim/kms';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { readAuthority } from './authority.js';
import { asCliError } from './trouble.js';

/** `vcryptsim kms client revoke`: also while a server runs. */
export function clientRevokeCommand(): Command {
  return new Command('revoke')
    .description('Keep a client from connecting from now on. Its objects and its name stay.')
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
  const registry = await ClientRegistry.open({ files, folder: `${folder}/clients`, authority });
  await registry.revoke(name);
  process.stdout.write(`Client ${name} may not connect any more. Connections that it has go on until they end.\n`);
}
