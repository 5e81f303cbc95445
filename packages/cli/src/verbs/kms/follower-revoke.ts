import { resolve } from 'node:path';
import { KmsError } from '@vcryptsim/kms';
import { Command } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { print } from '../../output.js';
import { withRegistration } from './registration.js';
import { asCliError } from './trouble.js';

/** `vcryptsim kms follower revoke`: also while the leader runs. */
export function followerRevokeCommand(): Command {
  return new Command('revoke')
    .description(
      'Revoke a follower: it can copy nothing more, not even on an open connection. It keeps what it copied.',
    )
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
  await withRegistration(resolve(dir), async (registration) => {
    try {
      await registration.revokeFollower(name);
    } catch (error) {
      if (!(error instanceof KmsError && error.code === 'CLIENT_UNKNOWN')) throw error;
      const nextStep = 'Add one with: vcryptsim kms follower add NAME --dir DIR --out FOLDER';
      throw new CliError(EXIT.badInput, `There is no follower ${name}.`, nextStep);
    }
  });
  print(`Node ${name} may not follow any more. It keeps what it copied.\n`);
}
