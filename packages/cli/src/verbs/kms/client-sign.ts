import { resolve } from 'node:path';
import { clientName, writeCertificates } from '@vcryptsim/kms';
import { certificateRequestFromFile } from '@vcryptsim/pki';
import { makeFolders, readWhole } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { print } from '../../output.js';
import { refuseToReplace } from './identity-folder.js';
import { withAdmission } from './registration.js';
import { asCliError } from './trouble.js';

const REQUEST_BYTES_MAX = 64 * 1024;

interface ClientSignOptions {
  readonly dir: string;
  readonly csr: string;
  readonly out?: string;
}

/** `vcryptsim kms client sign`: for a client whose private key stays with it, as with vCenter's "New CSR". */
export function clientSignCommand(): Command {
  return new Command('sign')
    .description('Let a client connect by signing its certificate request; its private key stays where it is.')
    .argument('<name>', 'what the client is called here; its objects belong to this name')
    .requiredOption('--dir <dir>', "the key server's folder; created if it is missing")
    .requiredOption('--csr <pem>', 'the certificate request (PKCS#10, in PEM or DER)')
    .option('--out <folder>', 'where cert.pem and ca.pem go (default DIR/clients/NAME)')
    .addHelpText('after', '\nExample:\n  vcryptsim kms client sign vcenter --dir lab-kms --csr vcenter.csr')
    .action((name: string, options: ClientSignOptions) =>
      sign(name, options).catch((error: unknown) => {
        throw asCliError(error);
      }),
    );
}

async function sign(name: string, options: ClientSignOptions): Promise<void> {
  const dir = resolve(options.dir);
  const files = new OsFileSystem();
  const named = new OsFileSystem({ named: 'all' });
  const bytes = await readWhole(named, resolve(options.csr), REQUEST_BYTES_MAX);
  const request = certificateRequestFromFile(bytes, options.csr);
  await withAdmission(dir, async ({ pki, registration }) => {
    const home = `${dir}/clients/${clientName(name)}`;
    const out = options.out === undefined ? home : resolve(options.out);
    if (out !== home) await refuseToReplace(files, out, ['cert.pem', 'ca.pem']);
    const certificate = await pki.signRequest(request);
    const client = await registration.addClient({ name, certificate });
    await makeFolders(files, out);
    await writeCertificates(files, `${out}/cert.pem`, [certificate]);
    await writeCertificates(files, `${out}/ca.pem`, [pki.authority.certificate]);
    print(`Client ${client} may connect. Its files: ${out}/{ca.pem,cert.pem}\n`);
  });
}
