// Chains under rules, judged by OpenSSL and by us: who accepts less than OpenSSL turns away good servers, who accepts
// more lets in whom their authority shut out.
import { PkiError, verifyPeer } from '@vcryptsim/pki';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { hasOpenssl, OpensslFolder } from './support/openssl.js';

const CA = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'];

type Row = readonly [title: string, authority: string[], leaf: string[], wanted: 'accepted' | string, subject?: string];

const rules = (...list: string[]) => [`nameConstraints=critical,${list.join(',')}`];
const names = (...list: string[]) => [`subjectAltName=${list.join(',')}`];
const directory = (part: 'permitted' | 'excluded') => [
  `nameConstraints=critical,${part};dirName:allowed`,
  '[allowed]',
  'O=Site One',
];

const ROWS: readonly Row[] = [
  ['an address inside a permitted net', rules('permitted;IP:127.0.0.0/255.0.0.0'), names('IP:127.0.0.1'), 'accepted'],
  ['an address outside it', rules('permitted;IP:10.0.0.0/255.0.0.0'), names('IP:127.0.0.1'), 'NAME_NOT_PERMITTED'],
  [
    'one of two addresses outside it',
    rules('permitted;IP:10.0.0.0/255.0.0.0'),
    names('IP:10.0.0.1', 'IP:11.0.0.1'),
    'NAME_NOT_PERMITTED',
  ],
  [
    'an address in an excluded net',
    rules('excluded;IP:127.0.0.0/255.0.0.0'),
    names('IP:127.0.0.1'),
    'NAME_NOT_PERMITTED',
  ],
  ['an IPv6 address under a rule of IPv6', rules('permitted;IP:fd00::/ff00::'), names('IP:fd00::5'), 'accepted'],
  [
    'an IPv4 address under a rule of IPv6 only',
    rules('permitted;IP:fd00::/ff00::'),
    names('IP:127.0.0.1'),
    'NAME_NOT_PERMITTED',
  ],
  ['a host below a permitted domain', rules('permitted;DNS:example.com'), names('DNS:kms.example.com'), 'accepted'],
  ['the permitted domain itself', rules('permitted;DNS:example.com'), names('DNS:EXAMPLE.com'), 'accepted'],
  [
    'a domain that only ends alike',
    rules('permitted;DNS:example.com'),
    names('DNS:badexample.com'),
    'NAME_NOT_PERMITTED',
  ],
  ['a host below a rule with a dot', rules('permitted;DNS:.example.com'), names('DNS:kms.example.com'), 'accepted'],
  [
    'the domain itself under a rule with a dot',
    rules('permitted;DNS:.example.com'),
    names('DNS:example.com'),
    'NAME_NOT_PERMITTED',
  ],
  [
    'an excluded host in a permitted domain',
    rules('permitted;DNS:example.com', 'excluded;DNS:kms.example.com'),
    names('DNS:kms.example.com'),
    'NAME_NOT_PERMITTED',
  ],
  [
    'a host beside the excluded one',
    rules('permitted;DNS:example.com', 'excluded;DNS:kms.example.com'),
    names('DNS:kmt.example.com'),
    'accepted',
  ],
  ['an address where only hosts have a rule', rules('permitted;DNS:example.com'), names('IP:127.0.0.1'), 'accepted'],
  ['a mailbox at a permitted host', rules('permitted;email:example.com'), names('email:a@example.com'), 'accepted'],
  ['a mailbox below it', rules('permitted;email:example.com'), names('email:a@sub.example.com'), 'NAME_NOT_PERMITTED'],
  [
    'a mailbox under a rule for the domain',
    rules('permitted;email:.example.com'),
    names('email:a@sub.example.com'),
    'accepted',
  ],
  ['one permitted mailbox', rules('permitted;email:a@example.com'), names('email:a@example.com'), 'accepted'],
  ['another mailbox', rules('permitted;email:a@example.com'), names('email:b@example.com'), 'NAME_NOT_PERMITTED'],
  [
    'a mail address in the subject',
    rules('permitted;email:example.com'),
    names('IP:127.0.0.1'),
    'NAME_NOT_PERMITTED',
    '/CN=x/emailAddress=a@other.com',
  ],
  ['a URI at a permitted host', rules('permitted;URI:example.com'), names('URI:kmip://example.com:5696/x'), 'accepted'],
  ['a URI below it', rules('permitted;URI:example.com'), names('URI:kmip://kms.example.com/'), 'NAME_NOT_PERMITTED'],
  [
    'a URI under a rule for the domain',
    rules('permitted;URI:.example.com'),
    names('URI:kmip://kms.example.com/'),
    'accepted',
  ],
  [
    'a URI at an excluded host',
    rules('excluded;URI:example.com'),
    names('URI:kmip://example.com/'),
    'NAME_NOT_PERMITTED',
  ],
  ['a URI without a host under a rule', rules('excluded;URI:example.com'), names('URI:urn:x:y'), 'NAME_NOT_PERMITTED'],
  ['a subject below a permitted one', directory('permitted'), names('IP:127.0.0.1'), 'accepted', '/O=site  one/CN=kms'],
  ['a subject beside it', directory('permitted'), names('IP:127.0.0.1'), 'NAME_NOT_PERMITTED', '/O=Site Two/CN=kms'],
  [
    'a subject below an excluded one',
    directory('excluded'),
    names('IP:127.0.0.1'),
    'NAME_NOT_PERMITTED',
    '/O=SITE ONE/CN=kms',
  ],
  [
    'a rule about other names, and one of them',
    rules('permitted;otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@b'),
    names('otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@b'),
    'NAME_NOT_PERMITTED',
  ],
  ['critical policies', [], [...names('IP:127.0.0.1'), 'certificatePolicies=critical,1.2.3.4'], 'accepted'],
  [
    'critical policies of the authority',
    [
      'certificatePolicies=critical,1.2.3.4',
      'policyConstraints=critical,requireExplicitPolicy:3',
      'inhibitAnyPolicy=critical,1',
    ],
    names('IP:127.0.0.1'),
    'accepted',
  ],
  ['critical places of revocation lists', [], ['crlDistributionPoints=critical,URI:http://crl.example/1'], 'accepted'],
  ['a critical rule that nobody knows', [], ['1.2.3.4=critical,DER:05:00'], 'RULE_NOT_UNDERSTOOD'],
  ['a rule that nobody knows and need not', [], ['1.2.3.4=DER:05:00'], 'accepted'],
];

describe.runIf(hasOpenssl)('a chain is judged as OpenSSL judges it', () => {
  let ssl: OpensslFolder;
  let root: Uint8Array;
  beforeAll(() => {
    ssl = new OpensslFolder();
    root = ssl.certificate('root', CA);
  });
  afterAll(() => ssl.remove());

  it.each(ROWS.map((row, at) => [row[0], row, at] as const))('%s', async (_title, row, at) => {
    const [, authority, leaf, wanted, subject] = row;
    const [caName, leafName] = [`ca${at}`, `leaf${at}`];
    const intermediate = ssl.certificate(caName, [...CA, ...authority], 'root');
    const end = ssl.certificate(leafName, leaf, caName, subject);
    const openssl = ssl.tries('verify', '-CAfile', 'root.pem', '-untrusted', `${caName}.pem`, `${leafName}.pem`);
    expect(openssl).toBe(wanted === 'accepted');
    const ours = await verifyPeer([end, intermediate], { pins: [], authorities: [root] }, Date.now()).then(
      () => 'accepted',
      (error: unknown) => (error instanceof PkiError ? error.code : error),
    );
    expect(ours).toBe(wanted);
  });

  it('rules of the trusted authority itself hold too', async () => {
    const top = ssl.certificate('ruled', [...CA, ...rules('permitted;IP:10.0.0.0/255.0.0.0')]);
    const end = ssl.certificate('ruled-leaf', names('IP:127.0.0.1'), 'ruled');
    expect(ssl.tries('verify', '-CAfile', 'ruled.pem', 'ruled-leaf.pem')).toBe(false);
    await expect(verifyPeer([end], { pins: [], authorities: [top] }, Date.now())).rejects.toMatchObject({
      code: 'NAME_NOT_PERMITTED',
      message: expect.stringContaining('ip:127.0.0.1'),
    });
  });
});

if (!hasOpenssl) leftOut('verdicts of OpenSSL', 'openssl is not installed');
