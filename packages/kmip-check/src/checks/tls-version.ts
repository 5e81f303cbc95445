import { NetworkError, type TlsFacts } from '@vcryptsim/ports';
import type { Check } from '../check.js';
import { notTried, pass, tolerated } from '../finding.js';
import { look } from '../look.js';
import { Trouble } from '../trouble.js';

/** TLS 1.2 is the only version that a capture of vCenter shows. */
export const tlsVersion: Check = {
  name: 'tls-version',
  about: 'Which version and suite of TLS the handshake agrees on, and whether the server takes TLS 1.2 alone.',
  needs: ['trust'],
  consequence: 'was seen with TLS 1.2 only; it cannot connect if it speaks nothing newer [assumed].',
  async run(server) {
    const { options, tls } = server;
    if (tls === null) return notTried('This connection has no TLS.');
    if (tls.version === 'TLSv1.2') return pass(`${spelledTls(tls)}.`);
    try {
      const older = await look(options, options.address, { newestTls: 'TLSv1.2' });
      return pass(`${spelledTls(tls)}; without TLS 1.3 ${older.tls === null ? 'TLS 1.2' : spelledTls(older.tls)}.`);
    } catch (error) {
      if (error instanceof NetworkError) return notTried(`TLS 1.2 alone: ${error.message}.`);
      if (!(error instanceof Trouble)) throw error;
      const place = { message: 'TLS handshake', field: 'protocol version' };
      return tolerated(`${spelledTls(tls)}; TLS 1.2 is not taken. ${error.message}`, place, tlsVersion.consequence);
    }
  },
};

function spelledTls({ version, suite }: TlsFacts): string {
  return `${version.replace('TLSv', 'TLS ')} with ${suite}`;
}
