import type { DerElement } from '../der-element.js';
import { PkiError } from '../errors.js';

/** First and last moment of a certificate, in milliseconds since 1970, both inclusive. */
export interface CertificateValidity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/**
 * Reads both dates. One that cannot be read is refused here, so that no certificate lives for ever because its end
 * compares as neither earlier nor later.
 *
 * @throws PkiError MALFORMED
 */
export function readValidity(element: DerElement): CertificateValidity {
  const [from, to, ...more] = element.childrenOf('sequence');
  if (from === undefined || to === undefined || more.length > 0) {
    throw new PkiError('MALFORMED', undefined, 'Its dates cannot be read.');
  }
  return { notBeforeMs: timeOf(from, 'first'), notAfterMs: timeOf(to, 'last') };
}

/** `YYMMDDHHMMSSZ` of 1950 to 2049, or `YYYYMMDDHHMMSSZ` (RFC 5280 section 4.1.2.5). */
function timeOf(element: DerElement, which: 'first' | 'last'): number {
  const wrong = () => new PkiError('MALFORMED', undefined, `Its ${which} moment of validity cannot be read.`);
  if (!element.is('utcTime') && !element.is('generalizedTime')) throw wrong();
  const text = new TextDecoder('latin1').decode(element.content);
  const [, year = '', ...parts] =
    (element.is('utcTime')
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
      : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
    ).exec(text) ?? [];
  const century = Number(year) < 50 ? '20' : '19';
  const [month, day, hours, minutes, seconds] = parts;
  const iso = `${year.length === 2 ? century : ''}${year}-${month}-${day}T${hours}:${minutes}:${seconds}.000Z`;
  const timeMs = Date.parse(iso);
  // Date.parse takes 31 February for 3 March.
  if (!Number.isFinite(timeMs) || new Date(timeMs).toISOString() !== iso) throw wrong();
  return timeMs;
}
