// What trust says of the server's certificate: one sentence for each cause.
import { describe, expect, it } from 'vitest';
import { alertIn } from '../src/tls-alert.js';
import { type Certificates, checked, der, START_MS } from './support/checked.js';

describe("the server's certificate", () => {
  it.each<[string, Certificates, object]>([
    ['is as it should be', {}, { outcome: 'pass' }],
    [
      'has expired',
      { serverEndsMs: START_MS - 1_000 },
      { outcome: 'fail', says: expect.stringContaining('has expired') },
    ],
    [
      'is for another name',
      { serverName: 'elsewhere' },
      { outcome: 'tolerated', place: { message: 'TLS handshake', field: 'Subject Alternative Name' } },
    ],
    [
      'is for clients only: not another name, another usage',
      { serverUsage: 'client' },
      {
        outcome: 'tolerated',
        place: { message: 'TLS handshake', field: 'Extended Key Usage' },
        says: expect.stringContaining('1.3.6.1.5.5.7.3.2'),
      },
    ],
  ])('%s', async (_title, certificates, wanted) => {
    const { report } = await checked([], () => ({ only: new Set(['trust']) }), certificates);
    expect(report.results).toHaveLength(1);
    expect(report.results[0]).toMatchObject(wanted);
  });

  it('is not that of --ca', async () => {
    const { report } = await checked([], (o) => ({ trusted: [der(o.identity)], only: new Set(['trust']) }));
    expect(report.results[0]).toMatchObject({ outcome: 'fail', says: expect.stringContaining('UNKNOWN_ISSUER') });
  });
});

describe('the days that certificates have left', () => {
  const DAY_MS = 86_400_000;
  it.each<[string, Certificates, object]>([
    ['30 of the server', { serverEndsMs: START_MS + 31 * DAY_MS }, { outcome: 'pass' }],
    [
      '29 of the server',
      { serverEndsMs: START_MS + 29 * DAY_MS + 60_000 },
      { outcome: 'tolerated', says: expect.stringContaining('The server certificate ends in 29 days.') },
    ],
    [
      'less than one of the client',
      { clientEndsMs: START_MS + DAY_MS / 2 },
      { outcome: 'tolerated', says: expect.stringContaining('The client certificate ends today.') },
    ],
    [
      'none of the client',
      { clientEndsMs: START_MS - 1_000 },
      { outcome: 'fail', place: { field: 'client certificate, notAfter' }, vcenter: expect.stringMatching(/\.$/) },
    ],
  ])('%s', async (_title, certificates, wanted) => {
    const only = new Set(['certificate-days']);
    const { report } = await checked(['takes any certificate'], () => ({ only }), certificates);
    expect(report.results.find(({ name }) => name === 'certificate-days')).toMatchObject(wanted);
  });
});

describe('an alert of TLS', () => {
  it.each([
    [
      'the other side closed the connection (ERR_SSL_TLSV1_ALERT_UNKNOWN_CA)',
      /client certificate of --cert: its issuer/,
    ],
    ['... ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', /client certificate of --cert: the server finds it bad/],
    ['... ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /got none and wants one/],
    ['... ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', /by the clock of the server/],
    ['... ERR_SSL_WRONG_VERSION_NUMBER', /does not speak TLS/],
    ['... ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', /no version of TLS/],
    ['... ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', /no cipher suite in common|cipher suite in common/],
  ])('%s says whose fault it is', (text, says) => {
    expect(alertIn(text)).toMatch(says);
  });

  it('is none where none is named', () => {
    expect(alertIn('the other side closed the connection')).toBeNull();
    expect(alertIn('nobody listens on 127.0.0.1:1')).toBeNull();
  });
});
