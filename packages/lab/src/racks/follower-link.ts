import { certificatesFromFile, certificateToPem, privateKeyFromFile, privateKeyToPem } from '@vcryptsim/pki';
import { exists, type FileSystem, makeFolders, readWhole, replaceFile, type TlsIdentity } from '@vcryptsim/ports';

/*
 * What a follower shows its leader, and whom it trusts there, lies in its own folder: `link/cert.pem, key.pem, ca.pem`,
 * as `kms serve --follow` reads them. `cert.pem` is written last: where it is, the other two are.
 */
const FILE_BYTES_MAX = 64 * 1024;
const READABLE = 0o644;

/** A follower's way to its leader. */
export interface FollowerPass {
  readonly identity: TlsIdentity;
  readonly authorities: readonly Uint8Array[];
}

/** Reads the pass of the follower that lives in `folder`, or null when it has none yet. @throws FileError, PkiError */
export async function readFollowerPass(files: FileSystem, folder: string): Promise<FollowerPass | null> {
  const at = (name: string) => `${folder}/link/${name}`;
  if (!(await exists(files, at('cert.pem')))) return null;
  const read = async (name: string) => certificatesFromFile(await readWhole(files, at(name), FILE_BYTES_MAX), at(name));
  const key = await readWhole(files, at('key.pem'), FILE_BYTES_MAX);
  try {
    const identity = { chain: await read('cert.pem'), privateKey: privateKeyFromFile(key, at('key.pem')) };
    return { identity, authorities: await read('ca.pem') };
  } finally {
    key.fill(0);
  }
}

/** Keeps a pass for the next start. @throws FileError */
export async function writeFollowerPass(files: FileSystem, folder: string, pass: FollowerPass): Promise<void> {
  const pem = (chain: readonly Uint8Array[]) => new TextEncoder().encode(chain.map(certificateToPem).join(''));
  await makeFolders(files, `${folder}/link`);
  await replaceFile(files, `${folder}/link/ca.pem`, pem(pass.authorities), READABLE);
  const key = privateKeyToPem(pass.identity.privateKey);
  try {
    await replaceFile(files, `${folder}/link/key.pem`, key);
  } finally {
    key.fill(0);
  }
  await replaceFile(files, `${folder}/link/cert.pem`, pem(pass.identity.chain), READABLE);
}
