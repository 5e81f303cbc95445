import { KmsError, type KmsErrorCode } from '@vcryptsim/kms';
import { PkiError } from '@vcryptsim/pki';
import { CliError, EXIT } from '../../exit.js';

/** What an administrator can do about a refusal that is told to clients in KMIP's words. */
const NEXT_STEPS: Readonly<Partial<Record<KmsErrorCode, string>>> = {
  WRONG_STATE: 'See its state with: vcryptsim kms key show ID --dir DIR. An Active object is revoked before it goes.',
  NO_STATE: 'Only keys, certificates and secret data have a state.',
  OBJECT_ARCHIVED: 'Bring it back first: vcryptsim kms key recover ID --dir DIR',
  OBJECT_NOT_FOUND: 'See what there is: vcryptsim kms key list --dir DIR',
  CLIENT_CERTIFICATE_INVALID: 'Give its certificate in PEM with --cert.',
};

/** Says what a refusal of the key server or a certificate means to a user; anything else is returned as it is. */
export function asCliError(error: unknown): unknown {
  if (error instanceof KmsError) {
    const exitCode = error.code.startsWith('CLIENT_') ? EXIT.badInput : EXIT.environment;
    return new CliError(exitCode, error.message, error.nextStep ?? NEXT_STEPS[error.code]);
  }
  if (error instanceof PkiError) return new CliError(EXIT.environment, error.message);
  return error;
}
