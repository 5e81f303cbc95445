import { KmsError } from '../terms/errors.js';

/** Refusal of a change at a node that follows another. @param leader its name, null while that is not known */
export function notLeader(leader: string | null): KmsError {
  const name = leader ?? 'its leader';
  return new KmsError('NOT_LEADER', `This node follows ${name} and takes no changes; make them at ${name}.`);
}
