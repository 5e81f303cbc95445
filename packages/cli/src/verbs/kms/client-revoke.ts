import { resolve } from 'node:path';
import { Command } from 'commander';
import { print } from '../../output.js';
import { withRegistration } from './registration.js';
import { asCliError } from './trouble.js';

/** `vcryptsim kms client revoke`: also while a server runs. */
export function clientRevokeCommand(): Command {
  return new Command('revoke')
    .description('Revoke a client: its connections are closed and new ones refused. Its objects and its name stay.')
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
  const closed = await withRegistration(resolve(dir), (registration) => registration.revokeClient(name));
  print(`Client ${name} may not connect any more. Connections closed: ${closed}\n`);
}
