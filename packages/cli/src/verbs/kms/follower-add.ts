import { resolve } from 'node:path';
import { clientName } from '@vcryptsim/kms';
import { exists } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { print } from '../../output.js';
import { makeIdentity } from './new-identity.js';
import { withAdmission } from './registration.js';
import { asCliError } from './trouble.js';

interface FollowerAddOptions {
  readonly dir: string;
  readonly out: string;
}

/** `vcryptsim kms follower add`: works before and while the leader runs. */
export function followerAddCommand(): Command {
  return new Command('add')
    .description("Let another node copy a leader's sealed store: make it a key and a certificate.")
    .argument('<name>', 'what the node is called')
    .requiredOption('--dir <dir>', "the leader's folder; created if it is missing")
    .requiredOption('--out <folder>', 'where cert.pem, key.pem and ca.pem go; --link of the follower')
    .addHelpText(
      'after',
      [
        '',
        'A follower needs the root key of its leader too: copy the file by hand.',
        '',
        'Example:',
        '  vcryptsim kms follower add kms-b --dir kms-a --out kms-b/link',
        '  cp kms-a/root.key kms-b/',
        '  vcryptsim kms serve --dir kms-a --node kms-a --replicate 127.0.0.1:5697',
        '  vcryptsim kms serve --dir kms-b --node kms-b --listen 127.0.0.1:5698 --follow 127.0.0.1:5697',
      ].join('\n'),
    )
    .action((name: string, options: FollowerAddOptions) =>
      addFollower(name, options).catch((error: unknown) => {
        throw asCliError(error);
      }),
    );
}

async function addFollower(name: string, options: FollowerAddOptions): Promise<void> {
  const [folder, out] = [resolve(options.dir), resolve(options.out)];
  const files = new OsFileSystem();
  const follower = clientName(name);
  await withAdmission(folder, async ({ pki, followers, registration }) => {
    if (!(await exists(files, `${folder}/change.json`))) await followers.freeName(follower);
    const register = (certificate: Uint8Array) => registration.addFollower({ name: follower, certificate });
    await makeIdentity({ name: follower, folder, out, isHome: false, files, pki, register });
  });
  print(`Node ${follower} may follow. Its files: ${out}/{ca.pem,cert.pem,key.pem}\n`);
}
