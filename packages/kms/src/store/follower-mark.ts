import { exists, type FileSystem, replaceFile } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';

const TEXT = "This store is a copy of a leader's and takes no changes. Without this file it is served as a leader.\n";

/** Notes in a store's folder that it is a follower's: `DIR/store/follower`. */
export async function markFollower(files: FileSystem, folder: string): Promise<void> {
  const path = `${folder}/follower`;
  if (!(await exists(files, path))) await replaceFile(files, path, new TextEncoder().encode(TEXT), 0o644);
}

/**
 * Keeps a follower's store from being changed by mistake: two leaders of one cluster have two truths.
 *
 * @throws KmsError FOLLOWER_STORE
 */
export async function refuseFollower(files: FileSystem, folder: string): Promise<void> {
  const path = `${folder}/follower`;
  if (!(await exists(files, path))) return;
  throw new KmsError(
    'FOLLOWER_STORE',
    `The store in ${folder} is a copy of a leader's, which takes the changes.`,
    `Serve it with --follow. To make it the leader when the old one is gone permanently: delete ${path}.`,
  );
}
