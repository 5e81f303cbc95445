import { type During, LogError } from '@vcryptsim/durable-log';
import { FileError } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';

/** What an administrator does about a log that cannot be written. */
const NEXT_STEPS: Readonly<Record<During, string>> = {
  write: 'Free some space or repair the disk, then try again.',
  overwrite: 'Repair the disk, then destroy the object again.',
  sync: 'Repair the disk and restart the key server.',
  place: 'Repair the disk and restart the key server.',
  earlier: 'Restart the key server: it no longer knows what the medium holds.',
};

/** An error of a log as the key server says it; another error is left as it is. */
export function asKmsError(error: unknown): unknown {
  if (!(error instanceof LogError)) return error;
  const { path = '', offsetBytes = 0 } = error;
  if (error.code === 'LOG_DAMAGED') return damaged(path, offsetBytes);
  if (error.code === 'LOG_DISORDERED') return disordered(path, offsetBytes);
  if (error.code === 'LOG_UNWRITABLE') return unwritable(error.cause, NEXT_STEPS[error.during ?? 'write']);
  return error;
}

/** Does something with a log. Throws its errors as the key server says them. */
export async function withKmsErrors<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asKmsError(error);
  }
}

/** What a client and an administrator are told when something could not be made durable. */
export function unwritable(cause: unknown, nextStep: string): KmsError {
  const reason = cause instanceof FileError ? cause.code : 'the write failed';
  return new KmsError('STORE_UNWRITABLE', `The key server cannot write: ${reason}.`, nextStep);
}

/** A journal that is not whole. */
export function damaged(path: string, offsetBytes: number): KmsError {
  return new KmsError(
    'STORE_DAMAGED',
    `${path} is damaged at byte ${offsetBytes}, before its end: keys that were answered cannot be read.`,
    'Keep a copy of it, and restore the folder from a backup.',
  );
}

/** A journal whose frames are not those that were written there in this order. */
export function disordered(path: string, offsetBytes: number): KmsError {
  return new KmsError(
    'STORE_DAMAGED',
    `What is at byte ${offsetBytes} of ${path} is not what was written after what is before it: records were taken out, put back or exchanged.`,
    'Keep a copy of it, and restore the folder from a backup.',
  );
}
