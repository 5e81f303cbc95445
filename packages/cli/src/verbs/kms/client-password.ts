import { resolve } from 'node:path';
import { ClientPassword } from '@vcryptsim/kms';
import { readWhole } from '@vcryptsim/ports';
import { OsFileSystem, SystemEntropy } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { print } from '../../output.js';
import { withRegistration } from './registration.js';
import { asCliError } from './trouble.js';

const PASSWORD_BYTES_MAX = 1024;
const LINE_FEED = 0x0a;

interface PasswordOptions {
  readonly dir: string;
  readonly user: string;
  readonly passwordFile: string;
}

/** `vcryptsim kms client password`: also while a server runs; it holds from the client's next connection on. */
export function clientPasswordCommand(): Command {
  return new Command('password')
    .description('Ask a client for user name and password beside its certificate, in the header of every message.')
    .argument('<name>', 'the client')
    .requiredOption('--dir <dir>', "the key server's folder")
    .requiredOption('--user <name>', 'the user name')
    .requiredOption('--password-file <file>', 'its first line is the password')
    .addHelpText(
      'after',
      '\nExample:\n  vcryptsim kms client password vcenter --dir lab-kms --user vSphere --password-file pw.txt',
    )
    .action((name: string, options: PasswordOptions) =>
      setPassword(name, options).catch((error: unknown) => {
        throw asCliError(error);
      }),
    );
}

async function setPassword(name: string, { dir, user, passwordFile }: PasswordOptions): Promise<void> {
  const file = await readWhole(new OsFileSystem({ named: 'all' }), resolve(passwordFile), PASSWORD_BYTES_MAX);
  let record: Uint8Array;
  try {
    const end = file.indexOf(LINE_FEED);
    const password = end < 0 ? file : file.subarray(0, end);
    record = ClientPassword.record({ username: user, password, entropy: new SystemEntropy() });
  } finally {
    file.fill(0);
  }
  await withRegistration(resolve(dir), (registration) => registration.setPassword({ name, record }));
  print(`Client ${name} must show user ${user} and its password from its next connection on.\n`);
}
