import { resolve } from 'node:path';
import { ClientRegistry } from '@vcryptsim/kms';
import { describeCertificate } from '@vcryptsim/pki';
import { visibleLine } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { print, printJson } from '../../output.js';
import { readAuthority } from './authority.js';
import { asCliError } from './trouble.js';

/** `vcryptsim kms client list`: also while a server runs. */
export function clientListCommand(): Command {
  return new Command('list')
    .description('List who may connect, with the fingerprint of each certificate.')
    .requiredOption('--dir <dir>', "the key server's folder")
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  vcryptsim kms client list --dir lab-kms')
    .action((options: { readonly dir: string; readonly json?: boolean }) =>
      list(options).catch((error: unknown) => {
        throw asCliError(error);
      }),
    );
}

async function list({ dir, json }: { readonly dir: string; readonly json?: boolean }): Promise<void> {
  const files = new OsFileSystem();
  const folder = resolve(dir);
  const authority = await readAuthority(files, folder);
  const registry = await ClientRegistry.open({ files, folder: `${folder}/clients`, authority });
  const clients = registry.clients.flatMap(({ name, certificates, authority: own, isRevoked }) =>
    [...certificates, ...(own ? [own] : [])].map((der) => {
      const { subject, fingerprintSha256 } = describeCertificate(der);
      return { name, subject, fingerprintSha256, isAuthority: der === own, isRevoked };
    }),
  );
  if (json === true) {
    printJson({ clients, unreadable: registry.troubles });
    return;
  }
  for (const { name, subject, fingerprintSha256, isAuthority, isRevoked } of clients) {
    const notes = `${isAuthority ? '  authority' : ''}${isRevoked ? '  revoked' : ''}`;
    print(`${visibleLine(`${name}  ${subject}`)}  ${fingerprintSha256}${notes}\n`);
  }
  for (const trouble of registry.troubles) print(`Cannot be read, and is refused: ${visibleLine(trouble)}\n`);
  if (clients.length + registry.troubles.length === 0)
    print('There are no clients yet. Add one: vcryptsim kms client add NAME --dir DIR\n');
}
