/** Why a certificate was refused or could not be read. */
export type PkiErrorCode =
  | 'NO_CERTIFICATE' // the peer sent none
  | 'UNKNOWN_ISSUER' // neither pinned nor signed by a trusted authority
  | 'EXPIRED' // a certificate of its path is past its last moment
  | 'NOT_YET_VALID' // a certificate of its path has not begun
  | 'REVOKED' // a certificate of its path is in the list of revoked ones
  | 'WRONG_NAME' // it is not for the name that was called
  | 'WRONG_USAGE' // it says what it is for, and that is not being a server
  | 'NAME_NOT_PERMITTED' // an authority above it does not allow one of its names
  | 'RULE_NOT_UNDERSTOOD' // a certificate of its path has a critical extension that nobody here obeys
  | 'MALFORMED'; // not a certificate, request or key that can be read

const SENTENCES: Readonly<Record<PkiErrorCode, string>> = {
  NO_CERTIFICATE: 'The peer showed no certificate. Give it one with its private key.',
  UNKNOWN_ISSUER: 'The certificate is neither pinned nor signed by a trusted authority. Trust it or its issuer first.',
  EXPIRED: 'The certificate has expired. Issue a new one.',
  NOT_YET_VALID: 'The certificate is not valid yet. Compare both clocks, or issue it with an earlier start.',
  REVOKED: 'The certificate was revoked. Issue a new one with a new key.',
  WRONG_NAME:
    'The certificate is for another name. Call the peer by a name in its certificate, or issue one for this name.',
  WRONG_USAGE: 'The certificate is not for a server. Issue one whose extended key usage has serverAuth.',
  NAME_NOT_PERMITTED:
    'An authority above the certificate does not allow one of its names. Issue one for a name that it allows.',
  RULE_NOT_UNDERSTOOD:
    'The certificate has a critical extension that is not understood here, so it cannot be accepted. Issue one without it.',
  MALFORMED: 'It is damaged, or not what was expected here.',
};

/** A certificate that was refused, or bytes that are none. */
export class PkiError extends Error {
  override readonly name = 'PkiError';
  /**
   * @param code why
   * @param subject RFC 4514 text of the certificate in question, where one could be read; or the name of its file
   * @param detail one more sentence that helps, without secrets
   */
  constructor(
    readonly code: PkiErrorCode,
    readonly subject?: string,
    readonly detail?: string,
  ) {
    super(textOf(code, subject, detail));
  }
}

/** Of what cannot be read, the detail says it all. */
function textOf(code: PkiErrorCode, subject: string | undefined, detail: string | undefined): string {
  const sentence = code === 'MALFORMED' && detail !== undefined ? '' : SENTENCES[code];
  return [subject === undefined ? '' : `${subject}:`, sentence, detail ?? ''].filter(Boolean).join(' ');
}
