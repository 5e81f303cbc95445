import { FileError, type FileErrorCode, NetworkError, type NetworkErrorCode, visibleLine } from '@vcryptsim/ports';

/** How the program ends: all well; an expectation failed; the input is wrong; the environment does not allow it. */
export const EXIT = { passed: 0, failed: 1, badInput: 2, environment: 3 } as const;

/** What each exit code says: the end of every verb's help. */
export const EXIT_CODES_HELP = `
Exit codes:
  ${EXIT.passed}    done; what was checked holds
  ${EXIT.failed}    an expectation, a check or a bar was missed
  ${EXIT.badInput}    what was given is wrong: an option, a scenario, a message
  ${EXIT.environment}    the environment does not allow it: a file, a folder, a port, a server
  128+n ended by signal n; what was made is named on standard error`;

/** A program that a signal ended: this and the number of the signal, as shells have it. */
export const EXIT_BY_SIGNAL = 128;

/** One of the exit codes that mean trouble. */
export type TroubleCode = 1 | 2 | 3;

/** Something a user can cause and mend. It is printed as sentences, never as a stack trace. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /**
   * @param exitCode 1 expectation failed, 2 bad input, 3 environment
   * @param message what is wrong, in one sentence that names the file, port or key
   * @param nextStep what to do about it, in one sentence
   * @param places what else is to be told, a line each: the mistakes of a file, for example
   */
  constructor(
    readonly exitCode: TroubleCode,
    message: string,
    readonly nextStep?: string,
    readonly places: readonly string[] = [],
  ) {
    super(message);
  }
}

const FILE_TROUBLE: Record<FileErrorCode, readonly [what: string, nextStep: string]> = {
  NOT_FOUND: ['does not exist', 'Check the path.'],
  EXISTS: ['exists already', 'Choose another name, or remove it first.'],
  NOT_PERMITTED: ['is not accessible to you', 'Check its owner and permissions, or choose another place.'],
  READ_ONLY: ['is on a read-only file system', 'Choose another place, for example with --keep DIR.'],
  NO_SPACE: ['cannot be written: the disk is full', 'Free some space, or choose another place with --keep DIR.'],
  IS_LINK: ['is a symbolic link, and links are not followed', 'Name the real file.'],
  LINK_LOOP: ['is a link that leads back to itself', 'Name the real file.'],
  IS_FOLDER: ['is a folder', 'Name a file.'],
  NOT_A_FOLDER: ['has a file where a folder should be', 'Check the path.'],
  NOT_A_FILE: ['is a device, a socket or a pipe, not a file', 'Name a file.'],
  NOT_EMPTY: ['is a folder that is not empty', 'Name an empty or a new folder.'],
  TOO_MANY_OPEN: ['cannot be opened: too many files are open', 'Raise the limit with ulimit -n.'],
  TOO_LARGE: ['is larger than such a file can sensibly be', 'Check that this is the file you meant.'],
  CLOSED: ['was closed while it was in use', 'Run the command again.'],
  IO: ['could not be read or written', 'Check the disk.'],
};

const NETWORK_TROUBLE: Record<NetworkErrorCode, string> = {
  REFUSED: 'Check that the server runs and that host and port are right.',
  UNREACHABLE: 'Check the host name and the route to it.',
  NAME_TOO_LONG: 'Choose a folder with a shorter name.',
  TLS_FAILED: 'Check that both sides have a certificate and speak TLS 1.2 or 1.3.',
  RESET: 'Check the log of the other side.',
  CLOSED: 'Run the command again.',
  ABORTED: 'Check that the server answers.',
  ADDRESS_IN_USE: 'Choose another port (port 0 picks a free one), or end the program that holds it.',
  NOT_PERMITTED: 'Choose a port above 1023, or an address of this machine.',
};

/** Says what a file error means to a user: a sentence about the path, and the next step. */
export function describeFileError(error: FileError): CliError {
  const [what, nextStep] = FILE_TROUBLE[error.code];
  const reason = error.systemCode === undefined ? '' : ` (${error.systemCode})`;
  return new CliError(EXIT.environment, `${visibleLine(error.path)} ${what}${reason}.`, nextStep);
}

/** Turns what was thrown into what to print, or null for a mistake of ours. */
function asTrouble(error: unknown): CliError | null {
  if (error instanceof CliError) return error;
  if (error instanceof FileError) return describeFileError(error);
  if (error instanceof NetworkError) return new CliError(EXIT.environment, error.message, NETWORK_TROUBLE[error.code]);
  return null;
}

/**
 * Prints what ended the program and answers its exit code. A mistake of ours is one line too, with the way to its
 * stack trace.
 *
 * @param error what was thrown
 * @param write where the sentences go, normally standard error
 * @param wantTrace prints the stack trace of a mistake of ours (VCRYPTSIM_TRACE=1)
 */
export function reportTrouble(error: unknown, write: (text: string) => void, wantTrace: boolean): TroubleCode {
  const trouble = asTrouble(error);
  if (trouble !== null) {
    // Names in a sentence are others' words: none of them begins a line.
    write(`vcryptsim: ${visibleLine(trouble.message)}\n`);
    for (const place of trouble.places) write(`${visibleLine(place)}\n`);
    if (trouble.nextStep !== undefined) write(`  ${visibleLine(trouble.nextStep)}\n`);
    return trouble.exitCode;
  }
  const message = visibleLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  write(`vcryptsim: this is a bug in vcryptsim: ${message}\n`);
  if (wantTrace) write(`${error instanceof Error ? error.stack : ''}\n`);
  else write('  Set VCRYPTSIM_TRACE=1 and run it again to see where it happened.\n');
  return EXIT.environment;
}
