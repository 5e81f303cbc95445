import { readCertificates } from '@vcryptsim/kms';
import type { FileSystem } from '@vcryptsim/ports';
import { CliError, EXIT } from '../../exit.js';

/**
 * DER of the authority of a key server's folder.
 *
 * @throws CliError environment when the folder is no key server's; PkiError; FileError
 */
export async function readAuthority(files: FileSystem, folder: string): Promise<Uint8Array> {
  const [authority] = (await readCertificates(files, `${folder}/pki/ca.pem`)) ?? [];
  if (authority) return authority;
  throw new CliError(
    EXIT.environment,
    `${folder} is not the folder of a key server: it has no pki/ca.pem.`,
    'Check --dir, or make one with: vcryptsim kms client add NAME --dir DIR',
  );
}
