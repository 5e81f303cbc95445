import { resolve } from 'node:path';
import { ClientRegistry } from '@vcryptsim/kms';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { print } from '../../output.js';
import { readAuthority } from './authority.js';
import { asCliError } from './trouble.js';

/** `vcryptsim kms follower revoke`: also while the leader runs. */
export function followerRevokeCommand(): Command {
  return new Command('revoke')
    .description('Shut a node out: it copies nothing any more, also on the connection it has. It keeps what it copied.')
    .argument('<name>', 'the node')
    .requiredOption('--dir <dir>', "the leader's folder")
    .addHelpText('after', '\nExample:\n  vcryptsim kms follower revoke kms-b --dir kms-a')
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
  const registry = await ClientRegistry.open({ files, folder: `${folder}/followers`, authority });
  const known = registry.clients.map((follower): string => follower.name);
  if (!known.includes(name)) {
    const nextStep = known.length > 0 ? `Name one of ${known.join(', ')}.` : 'None was added yet.';
    throw new CliError(EXIT.badInput, `There is no follower ${name}.`, nextStep);
  }
  await registry.revoke(name);
  print(`Node ${name} may not follow any more. It keeps what it copied.\n`);
}
