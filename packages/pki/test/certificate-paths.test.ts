// Chains as servers send them: with an old and a new certificate of one issuer, one that another authority signed too,
// twice the same, others in between. One good path is enough, and where there is none the sentence names what is missing.
import { PkiError, verifyPeer } from '@vcryptsim/pki';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { hasOpenssl, OpensslFolder } from './support/openssl.js';

const CA = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'];
const DAY_MS = 86_400_000;
const NOW_MS = Date.now() + 30 * DAY_MS;

describe.runIf(hasOpenssl)('a path to an authority', () => {
  let ssl: OpensslFolder;
  const made = new Map<string, Uint8Array>();
  const at = (name: string): Uint8Array => made.get(name) ?? new Uint8Array(0);
  const make = (name: string, extensions: string[], issuer?: string, subject?: string) =>
    made.set(name, ssl.certificate(name, extensions, issuer, subject));
  /** Another certificate of the same name and key. */
  const makeAgain = (name: string, of: string, issuer: string, days: string) => {
    const signer = ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-set_serial', '0x77', '-days', days];
    const rest = ['-extfile', `${of}.ext`, '-extensions', 'v3', '-outform', 'der', '-out', `${name}.der`];
    ssl.run('x509', '-req', '-in', `${of}.csr`, ...signer, ...rest);
    made.set(name, ssl.read(`${name}.der`));
  };
  const verdict = async (chain: string[], authorities: string[]): Promise<string> => {
    const trust = { pins: [], authorities: authorities.map(at) };
    return verifyPeer(chain.map(at), trust, NOW_MS).then(
      () => 'accepted',
      (error: unknown) => (error instanceof PkiError ? error.message : String(error)),
    );
  };

  beforeAll(() => {
    ssl = new OpensslFolder();
    make('root', CA);
    make('other', CA);
    make('issuer', CA, 'root');
    make('leaf', ['subjectAltName=DNS:a'], 'issuer');
    makeAgain('issuer-old', 'issuer', 'root', '1');
    makeAgain('issuer-elsewhere', 'issuer', 'other', '3650');
    make('namesake', CA, 'root', '/CN=issuer');
    make('no-authority', ['basicConstraints=critical,CA:FALSE'], 'root');
    make('below-no-authority', ['subjectAltName=DNS:a'], 'no-authority');
    make('no-signer', ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,digitalSignature'], 'root');
    make('below-no-signer', ['subjectAltName=DNS:a'], 'no-signer');
    make('short', ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign'], 'root');
    make('under-short', CA, 'short');
    make('below-short', ['subjectAltName=DNS:a'], 'under-short');
    make('alone', ['subjectAltName=DNS:a']);
    for (const junk of ['j1', 'j2', 'j3', 'j4', 'j5']) make(junk, CA);
  });
  afterAll(() => ssl.remove());

  it.each([
    ['is the usual one', ['leaf', 'issuer'], ['root']],
    [
      'goes by the new certificate of an issuer whose old one is sent first',
      ['leaf', 'issuer-old', 'issuer'],
      ['root'],
    ],
    ['goes by the new one where both are trusted', ['leaf'], ['issuer-old', 'issuer']],
    ['goes by the certificate that leads to the trusted one', ['leaf', 'issuer-elsewhere', 'issuer'], ['root']],
    ['goes by a namesake to none', ['leaf', 'namesake', 'issuer'], ['root']],
    ['is found among others', ['leaf', 'j1', 'j2', 'j3', 'j4', 'j5', 'issuer'], ['root']],
    ['is found among copies', ['leaf', ...Array<string>(20).fill('leaf'), 'issuer', 'issuer'], ['root']],
    ['is found in any order', ['leaf', 'root', 'issuer'], ['root']],
  ])('%s', async (_, chain, authorities) => {
    expect(await verdict(chain, authorities)).toBe('accepted');
  });

  it.each([
    ['an issuer that was not sent', ['leaf'], /Its issuer CN=issuer was not sent along and is not trusted\./],
    ['a leaf that signed itself', ['alone'], /CN=alone signed itself and is not trusted\./],
    ['a namesake of the issuer', ['leaf', 'namesake'], /CN=issuer has the name of its issuer, and another key\./],
    ['an issuer that is no authority', ['below-no-authority', 'no-authority'], /CN=no-authority .*is not an authority/],
    ['an issuer that may not sign', ['below-no-signer', 'no-signer'], /CN=no-signer .*keyCertSign/],
    ['too many authorities', ['below-short', 'under-short', 'short'], /CN=short allows 0 authorities below it/],
    ['only an old certificate of its issuer', ['leaf', 'issuer-old'], /CN=issuer: The certificate has expired/],
  ])('is not there, and the sentence names %s', async (_, chain, says) => {
    expect(await verdict(chain, ['root'])).toMatch(says);
  });
});

if (!hasOpenssl) leftOut('paths to an authority', 'openssl is not installed');
