import { KmsError } from '@vcryptsim/kms';
import { PkiError } from '@vcryptsim/pki';
import { CliError, EXIT } from '../../exit.js';

/** Says what a refusal of the key server or a certificate means to a user; anything else is returned as it is. */
export function asCliError(error: unknown): unknown {
  if (error instanceof KmsError) {
    const exitCode = error.code.startsWith('CLIENT_') ? EXIT.badInput : EXIT.environment;
    return new CliError(exitCode, error.message, error.nextStep);
  }
  if (error instanceof PkiError) return new CliError(EXIT.environment, error.message);
  return error;
}
