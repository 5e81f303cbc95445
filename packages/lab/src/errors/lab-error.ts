/** Why a step cannot do what it was told, beside what the world's own parts refuse. */
export type LabErrorCode =
  | 'VM_NOT_CREATED' // a step names a VM that vCenter does not know
  | 'NAME_NOT_FOUND' // a step names something else that vCenter does not know
  | 'NAME_AMBIGUOUS' // a name means several objects
  | 'DISK_NOT_THERE' // a VM has no disk of that number
  | 'LEDGER_LOST' // what guests wrote before the lab was last booted is not known any more
  | 'DIGEST_MISMATCH'
  | 'LOOK_DIFFERS' // sectors differ that the scenario did not write
  | 'NOT_IN_TIME' // `until` ran out of time
  | 'BAD_IMAGE' // a disk image cannot be used
  | 'BAD_CREDENTIALS' // certificate, key or password of an external key server cannot be used
  | 'KEY_SERVER_UNUSABLE' // an external key server is not there, not trusted, or does not let us in
  | 'NO_WAY_OUT' // the memory wire leads to no server outside
  | 'NO_BACKUP' // vCenter has no backup of this name
  | 'NO_COPY' // there is no copy of files of this name
  | 'TEXT_NOT_FOUND' // an edit by hand would change nothing
  | 'POWER_CUT' // the power went in the middle of it
  | 'ENVIRONMENT' // the machine does not allow it: a full disk, a folder that is not writable
  | 'FOLDER_IN_USE' // the folder to keep the run in is not empty
  | 'NOT_A_LAB' // the folder has something else in it
  | 'LAB_DAMAGED' // a file by which a lab remembers what it is cannot be used
  | 'OTHER_LAB' // the folder has a lab, and another one is wanted there
  | 'FOLDER_OPEN_TO_OTHERS' // others than its owner may enter a lab's folder
  | 'LAB_NOT_UP' // no process holds the lab
  | 'LAB_WENT_AWAY' // it ended before it answered
  | 'LAB_REFUSED' // it does not take the request now
  | 'SECRET_FOUND' // `scan` found what must not be there
  | 'SECRET_NOT_FOUND' // `scan` missed what must be there
  | 'NEEDLE_NOT_FOUND'; // the planted needle was missed: the search itself is broken

/** A step or a run that could not be done; `message` is a sentence with the next step. */
export class LabError extends Error {
  override readonly name = 'LabError';
  constructor(
    readonly code: LabErrorCode,
    message: string,
  ) {
    super(message);
  }
}
