import { resolve } from 'node:path';
import { readCertificates, writeCertificates, writePrivateKey } from '@vcryptsim/kms';
import { assert, exists, type FileSystem, makeFolders } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { print } from '../../output.js';
import { type Registration, withRegistration } from './registration.js';
import { asCliError } from './trouble.js';

interface ClientAddOptions {
  readonly dir: string;
  readonly cert?: string;
  readonly authority?: string;
  readonly out?: string;
}

/** `vcryptsim kms client add`: works before and while a server runs on the folder. */
export function clientAddCommand(): Command {
  return new Command('add')
    .description('Let a client connect: make it a key and a certificate, or register the certificate it has.')
    .argument('<name>', 'what the client is called here; its objects belong to this name')
    .requiredOption('--dir <dir>', "the key server's folder; made if need be")
    .option('--cert <pem>', "the client's own certificate, self-signed or not; without it a new identity is made")
    .option('--authority <pem>', "the client's own authority, as a vCenter's root: all that it signs for may connect")
    .option('--out <folder>', 'where cert.pem, key.pem and ca.pem go (default DIR/clients/NAME)')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  vcryptsim kms client add backup --dir lab-kms --out backup-identity',
        '  vcryptsim kms client add vcenter --dir lab-kms --cert vcenter-client.pem',
        '  vcryptsim kms client add vcenter --dir lab-kms --authority vcenter-root.pem',
      ].join('\n'),
    )
    .action((name: string, options: ClientAddOptions) =>
      addClient(name, options).catch((error: unknown) => {
        throw asCliError(error);
      }),
    );
}

async function addClient(name: string, options: ClientAddOptions): Promise<void> {
  const dir = resolve(options.dir);
  const files = new OsFileSystem();
  if (options.authority !== undefined) return addAuthority(name, resolve(options.authority), dir, files);
  const given = options.cert === undefined ? null : await readGiven(resolve(options.cert));
  const out = options.out === undefined ? null : resolve(options.out);
  await withRegistration(dir, (registration) => register(name, given, { dir, out, files }, registration));
}

async function addAuthority(name: string, path: string, dir: string, files: OsFileSystem): Promise<void> {
  const authority = await readGiven(path);
  await withRegistration(dir, async ({ pki, registry }) => {
    const client = await registry.addAuthority(name, authority);
    const home = `${dir}/clients/${client}`;
    await writeCertificates(files, `${home}/ca.pem`, [pki.authority.certificate]);
    print(`Whoever that authority signs for may connect as client ${client}. Its files: ${home}\n`);
  });
}

async function register(
  name: string,
  given: Uint8Array | null,
  to: { readonly dir: string; readonly out: string | null; readonly files: FileSystem },
  { pki, registry, add }: Registration,
): Promise<void> {
  const { files } = to;
  const client = await registry.freeName(name);
  const home = `${to.dir}/clients/${client}`;
  const out = to.out ?? home;
  await makeFolders(files, out);
  const written = ['ca.pem', 'cert.pem'];
  if (given) {
    await add(client, given);
  } else {
    // A key without a certificate in the client's own folder is what a cut left; anywhere else it is somebody's.
    if (out !== home) await refuseToReplace(files, out);
    const { chain, privateKey } = await pki.issueClient(client);
    await writePrivateKey(files, `${out}/key.pem`, privateKey);
    const [certificate] = chain;
    assert(certificate, 'an identity has a certificate');
    await add(client, certificate);
    written.push('key.pem');
  }
  await writeCertificates(files, `${out}/ca.pem`, [pki.authority.certificate]);
  if (out !== home) {
    const certificates = registry.clients.find((known) => known.name === client)?.certificates ?? [];
    await writeCertificates(files, `${out}/cert.pem`, certificates);
  }
  print(`Client ${client} may connect. Its files: ${out}/{${written.sort().join(',')}}\n`);
}

async function readGiven(path: string): Promise<Uint8Array> {
  const [certificate] = (await readCertificates(new OsFileSystem({ named: 'all' }), path)) ?? [];
  if (certificate) return certificate;
  throw new CliError(
    EXIT.environment,
    `There is no certificate at ${path}.`,
    'Check the path given with --cert or --authority.',
  );
}

async function refuseToReplace(files: FileSystem, folder: string): Promise<void> {
  for (const name of ['key.pem', 'cert.pem']) {
    if (!(await exists(files, `${folder}/${name}`))) continue;
    const message = `${folder}/${name} exists already.`;
    throw new CliError(EXIT.environment, message, 'Choose another folder with --out FOLDER.');
  }
}
