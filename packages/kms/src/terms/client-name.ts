import type { Brand } from '@vcryptsim/ports';
import { KmsError } from './errors.js';

/** Name under which an administrator registered a client. It owns objects; it is not read from any certificate. */
export type ClientName = Brand<string, 'ClientName'>;

const FORM = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether a text can be a client's name. */
export function isClientName(text: string): text is ClientName {
  return FORM.test(text);
}

/**
 * Makes a client name of a text. It is a folder's name too, so only letters, digits, dot, dash and underscore stand in
 * it, 64 at most, and no dot comes first.
 *
 * @throws KmsError CLIENT_NAME_INVALID
 */
export function clientName(text: string): ClientName {
  if (isClientName(text)) return text;
  throw new KmsError(
    'CLIENT_NAME_INVALID',
    `${JSON.stringify(text)} cannot be a client's name.`,
    'Use up to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
  );
}
