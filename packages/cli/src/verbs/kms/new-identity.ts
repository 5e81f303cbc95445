import { createPublicKey } from 'node:crypto';
import { KmsError, readPrivateKey, type ServerPki, writeCertificates, writePrivateKey } from '@vcryptsim/kms';
import { assert, exists, type FileSystem, makeFolders } from '@vcryptsim/ports';
import { refuseToReplace } from './identity-folder.js';

/** Where a new identity goes, and who has it registered. */
export interface NewIdentity {
  readonly name: string;
  /** `DIR` of the key server. */
  readonly folder: string;
  /** Where `key.pem`, `cert.pem` and `ca.pem` go. */
  readonly out: string;
  /** Whether `out` is the client's own folder, where nothing but an earlier try of ours lies. */
  readonly isHome: boolean;
  readonly files: FileSystem;
  readonly pki: ServerPki;
  /** Registers the certificate. */
  readonly register: (certificate: Uint8Array) => Promise<unknown>;
}

/**
 * Makes a key and a certificate, has it registered and writes it down. When that fails the key goes again, unless the
 * registration will be finished by the next try: then that uses the key that lies there.
 *
 * @throws CliError environment when something lies there already; what `register` throws; FileError
 */
export async function makeIdentity(o: NewIdentity): Promise<void> {
  const { files, out, pki } = o;
  const keyPath = `${out}/key.pem`;
  const isBegun = (o.isHome || (await exists(files, `${o.folder}/change.json`))) && (await exists(files, keyPath));
  if (!o.isHome && !isBegun) await refuseToReplace(files, out, ['cert.pem', 'key.pem', 'ca.pem']);
  await makeFolders(files, out);
  const { chain, privateKey } = await pki.issueClient(o.name, isBegun ? await keyPairIn(files, keyPath) : undefined);
  const [certificate] = chain;
  assert(certificate, 'an identity has a certificate');
  if (!isBegun) await writePrivateKey(files, keyPath, privateKey);
  try {
    await o.register(certificate);
  } catch (error) {
    const isPending = error instanceof KmsError && error.code === 'CHANGE_UNFINISHED';
    if (!isBegun && !isPending) await files.unlink(keyPath).catch(() => {});
    throw error;
  }
  if (!o.isHome) await writeCertificates(files, `${out}/cert.pem`, [certificate]);
  await writeCertificates(files, `${out}/ca.pem`, [pki.authority.certificate]);
}

async function keyPairIn(files: FileSystem, path: string) {
  const privateKey = await readPrivateKey(files, path);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
