import { exists, type FileHandle, type FileSystem, folderOf } from '@vcryptsim/ports';
import type { Appended, AppendLane, End } from './append-lane.js';
import { unwritable } from './log-error.js';

/** Where a file is. */
export interface FilePlace {
  readonly files: FileSystem;
  readonly path: string;
}

/** A file that was written and renamed into its place. */
export interface Published {
  readonly handle: FileHandle;
  readonly end: End;
}

/**
 * Writes a file beside its place, makes its content durable and renames it there; an error leaves what was there. The
 * rename is durable after an fsync of the folder, which is the caller's. Throws FileError; what `write` throws.
 */
export async function publishFile<T>(place: FilePlace, write: (handle: FileHandle) => Promise<T>): Promise<T> {
  const { files, path } = place;
  await dropUnpublished(place);
  const beside = besideOf(path);
  const handle = await files.open(beside, { access: 'write', create: 'exclusive' });
  try {
    const made = await write(handle);
    await handle.fsync();
    await files.rename(beside, path);
    return made;
  } catch (error) {
    await handle.close();
    await files.unlink(beside).catch(() => {});
    throw error;
  }
}

/** Removes what a cut left of a file that was not renamed into its place. Throws FileError. */
export async function dropUnpublished({ files, path }: FilePlace): Promise<void> {
  if (await exists(files, besideOf(path))) await files.unlink(besideOf(path));
}

/**
 * Puts a new file in the place of the one that a lane writes, as part of what the lane's `run` does. Nothing is written
 * in the new file before its name is durable, so after a cut at any moment a start finds all that was durable.
 *
 * @param o.make writes the file and renames it; what it throws leaves all as it was
 * @param o.onMade runs when it is in its place, before anything else is written
 * @throws LogError LOG_UNWRITABLE: with `during` `place` nobody knows which of the two files the next start finds, and
 *   the lane refuses everything; else the file before stays
 */
export async function switchFile<E extends Appended, P extends Published>(
  lane: AppendLane<E>,
  place: FilePlace,
  o: { readonly make: () => Promise<P>; readonly onMade: (made: P) => void },
): Promise<void> {
  const made = await o.make();
  const before = lane.handle;
  lane.moveTo(made.handle, made.end);
  o.onMade(made);
  // All that it held is in the new file.
  await before.close().catch(() => {});
  try {
    await place.files.fsyncFolder(folderOf(place.path));
  } catch (error) {
    lane.giveUp();
    throw unwritable('place', error);
  }
}

function besideOf(path: string): string {
  return `${path}.new`;
}
