import { LabError } from '../errors/lab-error.js';

/** A disk image that a user named and that cannot be used. `what` is a clause without its full stop. */
export function badImage(path: string, what: string, next?: string): LabError {
  return new LabError('BAD_IMAGE', `The disk image ${path} ${what}.${next === undefined ? '' : ` ${next}`}`);
}
