/** Why a certificate was refused or could not be read. */
export type PkiErrorCode =
  | 'NO_CERTIFICATE' // the peer sent none
  | 'UNKNOWN_ISSUER' // neither pinned nor signed by a trusted authority
  | 'EXPIRED' // a certificate of its path is past its last moment
  | 'NOT_YET_VALID' // a certificate of its path has not begun
  | 'REVOKED' // a certificate of its path stands in the list of revoked ones
  | 'WRONG_NAME' // it is not for the name that was called
  | 'WRONG_USAGE' // it says what it is for, and that is not being a server
  | 'MALFORMED'; // not a certificate, request or key that can be read, or one with a rule that cannot be obeyed

const SENTENCES: Readonly<Record<PkiErrorCode, string>> = {
  NO_CERTIFICATE: 'The peer showed no certificate. Give it one with its private key.',
  UNKNOWN_ISSUER: 'The certificate is neither pinned nor signed by a trusted authority. Trust it or its issuer first.',
  EXPIRED: 'The certificate has expired. Issue a new one.',
  NOT_YET_VALID: 'The certificate is not valid yet. Compare both clocks, or issue it with an earlier start.',
  REVOKED: 'The certificate was revoked. Issue a new one with a new key.',
  WRONG_NAME:
    'The certificate is for another name. Call the peer by a name in its certificate, or issue one for this name.',
  WRONG_USAGE: 'The certificate is not for a server. Issue one whose extended key usage has serverAuth.',
  MALFORMED: 'This cannot be read as what it should be. Make it again, or send it as PEM or DER.',
};

/** A certificate that was refused, or bytes that are none. */
export class PkiError extends Error {
  override readonly name = 'PkiError';
  /**
   * @param code why
   * @param subject RFC 4514 text of the certificate in question, where one could be read
   * @param detail one more sentence that helps, without secrets
   */
  constructor(
    readonly code: PkiErrorCode,
    readonly subject?: string,
    detail?: string,
  ) {
    super([subject === undefined ? '' : `${subject}:`, SENTENCES[code], detail ?? ''].filter(Boolean).join(' '));
  }
}
