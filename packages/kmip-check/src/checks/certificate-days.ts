import { certificateValidity } from '@vcryptsim/pki';
import type { Check } from '../check.js';
import { pass, tolerated } from '../finding.js';
import { Trouble } from '../trouble.js';

const DAY_MS = 86_400_000;
/** `vpxd.kmscert.threshold` (facts/vsphere-rules.md section 13.1). */
const WARNED_DAYS = 30;

/** Both certificates end one day, and nobody renews them by itself. */
export const certificateDays: Check = {
  name: 'certificate-days',
  about: 'How many days the certificates of server and client are valid; less than 30 is warned of.',
  needs: ['trust'],
  consequence: 'cannot connect once a certificate has ended.',
  async run(server) {
    const { profile, clock, identity } = server.options;
    const [client] = identity.chain;
    const shown = { whose: 'server', days: daysLeft(server.certificate, clock.nowMs) } as const;
    const own = client === undefined ? [] : [{ whose: 'client', days: daysLeft(client, clock.nowMs) } as const];
    const all = [shown, ...own];
    const says = all.map(({ whose, days }) => `The ${whose} certificate ${endsIn(days)}.`).join(' ');
    const [first] = all.filter(({ days }) => days < WARNED_DAYS).toSorted((a, b) => a.days - b.days);
    if (first === undefined) return pass(says);
    const place = { message: 'TLS handshake', field: `${first.whose} certificate, notAfter` };
    if (first.days < 0) throw new Trouble(place, says, 'EXPIRED');
    return tolerated(says, place, profile.saysOfExpiry(first.whose));
  },
};

function daysLeft(certificate: Uint8Array, nowMs: number): number {
  return Math.floor((certificateValidity(certificate).notAfterMs - nowMs) / DAY_MS);
}

function endsIn(days: number): string {
  if (days < 0) return `ended ${plural(-days)} ago`;
  return days === 0 ? 'ends today' : `ends in ${plural(days)}`;
}

function plural(days: number): string {
  return `${days} day${days === 1 ? '' : 's'}`;
}
