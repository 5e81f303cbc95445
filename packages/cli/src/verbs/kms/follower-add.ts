import { resolve } from 'node:path';
import { ClientRegistry, ServerPki, writeCertificates, writePrivateKey } from '@vcryptsim/kms';
import { assert, exists, makeFolders } from '@vcryptsim/ports';
import { OsFileSystem, SystemClock, SystemEntropy, SystemKeyPairs } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { print } from '../../output.js';
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
    .requiredOption('--dir <dir>', "the leader's folder; made if need be")
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
  const [dir, out] = [resolve(options.dir), resolve(options.out)];
  const clock = new SystemClock();
  const files = new OsFileSystem();
  const keyPairs = new SystemKeyPairs(clock);
  const pki = await ServerPki.open({ folder: `${dir}/pki`, files, clock, entropy: new SystemEntropy(), keyPairs });
  const authority = pki.authority.certificate;
  const registry = await ClientRegistry.open({ files, folder: `${dir}/followers`, authority });
  const follower = await registry.freeName(name);
  await makeFolders(files, out);
  for (const file of ['cert.pem', 'key.pem', 'ca.pem']) {
    if (!(await exists(files, `${out}/${file}`))) continue;
    throw new CliError(EXIT.environment, `${out}/${file} exists already.`, 'Choose another folder with --out FOLDER.');
  }
  const { chain, privateKey } = await pki.issueClient(follower);
  const [certificate] = chain;
  assert(certificate, 'an identity has a certificate');
  await writePrivateKey(files, `${out}/key.pem`, privateKey);
  await writeCertificates(files, `${out}/cert.pem`, [certificate]);
  await writeCertificates(files, `${out}/ca.pem`, [authority]);
  await registry.add(follower, certificate);
  print(`Node ${follower} may follow. Its files: ${out}/{ca.pem,cert.pem,key.pem}\n`);
}
