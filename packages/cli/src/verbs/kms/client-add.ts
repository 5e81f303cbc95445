import { resolve } from 'node:path';
import { clientName, readCertificates, writeCertificates } from '@vcryptsim/kms';
import { certificateValidity } from '@vcryptsim/pki';
import { exists, type FileSystem, makeFolders } from '@vcryptsim/ports';
import { OsFileSystem, SystemClock } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { CliError, EXIT } from '../../exit.js';
import { print } from '../../output.js';
import { refuseToReplace } from './identity-folder.js';
import { makeIdentity } from './new-identity.js';
import { type Admission, withAdmission } from './registration.js';
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
    .requiredOption('--dir <dir>', "the key server's folder; created if it is missing")
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
  await withAdmission(dir, (admission) =>
    given ? addGiven(name, given, { dir, out, files }, admission) : addNew(name, { dir, out, files }, admission),
  );
}

async function addAuthority(name: string, path: string, dir: string, files: OsFileSystem): Promise<void> {
  const certificate = await readGiven(path);
  await withAdmission(dir, async ({ pki, registration }) => {
    const client = await registration.addAuthority({ name, certificate });
    const home = `${dir}/clients/${client}`;
    await writeCertificates(files, `${home}/ca.pem`, [pki.authority.certificate]);
    print(`Everyone with a certificate of that authority may connect as client ${client}. Its files: ${home}\n`);
  });
}

interface Place {
  readonly dir: string;
  readonly out: string | null;
  readonly files: FileSystem;
}

async function addGiven(name: string, certificate: Uint8Array, to: Place, admission: Admission): Promise<void> {
  const { pki, registration } = admission;
  const home = `${to.dir}/clients/${clientName(name)}`;
  const out = to.out ?? home;
  if (out !== home) await refuseToReplace(to.files, out, ['cert.pem', 'ca.pem']);
  const client = await registration.addClient({ name, certificate });
  await makeFolders(to.files, out);
  await writeCertificates(to.files, `${out}/ca.pem`, [pki.authority.certificate]);
  if (out !== home) await writeCertificates(to.files, `${out}/cert.pem`, [certificate]);
  print(`Client ${client} may connect. Its files: ${out}/{ca.pem,cert.pem}\n`);
}

async function addNew(name: string, to: Place, { pki, clients, registration }: Admission): Promise<void> {
  const client = clientName(name);
  const home = `${to.dir}/clients/${client}`;
  const out = to.out ?? home;
  // A key beside a certificate without our own authority's is what a cut left of an earlier try.
  const isLeftover = out === home && !(await exists(to.files, `${home}/ca.pem`));
  if (!isLeftover || !(await exists(to.files, `${home}/key.pem`))) await clients.freeName(client);
  await makeIdentity({
    name: client,
    folder: to.dir,
    out,
    isHome: out === home,
    files: to.files,
    pki,
    register: (certificate) => registration.addClient({ name: client, certificate }),
  });
  print(`Client ${client} may connect. Its files: ${out}/{ca.pem,cert.pem,key.pem}\n`);
}

async function readGiven(path: string): Promise<Uint8Array> {
  const [certificate] = (await readCertificates(new OsFileSystem({ named: 'all' }), path)) ?? [];
  if (certificate) return stillValid(certificate, path);
  throw new CliError(
    EXIT.environment,
    `There is no certificate at ${path}.`,
    'Check the path given with --cert or --authority.',
  );
}

/** Whoever shows an expired certificate is refused; so it is not registered as one that may connect. */
function stillValid(certificate: Uint8Array, path: string): Uint8Array {
  const { notBeforeMs, notAfterMs } = certificateValidity(certificate);
  const { nowMs } = new SystemClock();
  const day = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10);
  if (nowMs > notAfterMs) {
    const message = `The certificate in ${path} expired on ${day(notAfterMs)}, so no client could connect with it.`;
    throw new CliError(EXIT.environment, message, 'Have a new one issued, and register that.');
  }
  if (nowMs < notBeforeMs) print(`The certificate in ${path} is valid from ${day(notBeforeMs)} on, not before.\n`);
  return certificate;
}
