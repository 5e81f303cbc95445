/** What the alerts of TLS about certificates say (RFC 8446 section 6.2), as OpenSSL names them. */
const ALERTS: ReadonlyMap<string, string> = new Map([
  ['UNKNOWN_CA', 'its issuer is not among those that the server trusts'],
  ['BAD_CERTIFICATE', 'the server finds it bad'],
  ['CERTIFICATE_UNKNOWN', 'the server does not accept it'],
  ['CERTIFICATE_REQUIRED', 'the server got none and wants one'],
  ['CERTIFICATE_EXPIRED', 'it has expired by the clock of the server'],
  ['CERTIFICATE_REVOKED', 'it was revoked'],
  ['UNSUPPORTED_CERTIFICATE', 'it is of a kind or for a use that the server does not take'],
  ['ACCESS_DENIED', 'the server knows it and denies access'],
  ['DECRYPT_ERROR', 'its signature or the proof of its key did not hold'],
]);

/** Ends of handshakes that are no alert: what answers does not speak TLS, or no version or suite of ours. */
const OTHERS: ReadonlyMap<RegExp, string> = new Map([
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/, 'What answers there does not speak TLS.'],
  [
    /ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/,
    'The server speaks no version of TLS that vCenter speaks (1.2 and 1.3).',
  ],
  [
    /ALERT_HANDSHAKE_FAILURE|NO_SHARED_CIPHER/,
    'The server and vCenter have no cipher suite in common, or it wants another certificate.',
  ],
]);

/**
 * Says what ended a TLS connection, by OpenSSL's code in an error's text. An alert comes from the server, so one about a
 * certificate is about ours: what is wrong with the server's own certificate is found on this side.
 *
 * @returns null when the text has no such code
 */
export function alertIn(text: string): string | null {
  const name = /ALERT_([A-Z_]+)/.exec(text)?.[1] ?? '';
  const about = ALERTS.get(name);
  if (about !== undefined)
    return `The server refuses the client certificate of --cert: ${about} (TLS alert ${name.toLowerCase()}).`;
  for (const [pattern, says] of OTHERS) if (pattern.test(text)) return says;
  return null;
}
