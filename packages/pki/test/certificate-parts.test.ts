import { X509Certificate } from 'node:crypto';
import { certificateParts, certificatesFromPem, PkiError, selfSign } from '@vcryptsim/pki';
import { SystemClock, SystemEntropy, SystemKeyPairs } from '@vcryptsim/ports/os';
import { describe, expect, it } from 'vitest';

const clock = new SystemClock();
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Made by `openssl req -x509 -newkey ec -subj /C=US/O=TEST/CN=parts`: a hand other than ours. */
const OPENSSL = `-----BEGIN CERTIFICATE-----
MIIBrTCCAVOgAwIBAgIUOecubUERInIfq++WDygiA9EXCMIwCgYIKoZIzj0EAwIw
LDELMAkGA1UEBhMCVVMxDTALBgNVBAoMBFRFU1QxDjAMBgNVBAMMBXBhcnRzMB4X
DTI2MTEyMjAzMzQxOVoXDTM2MTExOTAzMzQxOVowLDELMAkGA1UEBhMCVVMxDTAL
BgNVBAoMBFRFU1QxDjAMBgNVBAMMBXBhcnRzMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEeI3z6HcCSRyYyWzIztdnRxyo7dwXuJ0IYvgX49nnMXQD/AtZ741R+ukg
sRBcuNyB9AUkJpihD2Ebg8fXqjdgjqNTMFEwHQYDVR0OBBYEFHZkdD2dfyrwuK8T
RLd4GMEbIk3KMB8GA1UdIwQYMBaAFHZkdD2dfyrwuK8TRLd4GMEbIk3KMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgKUMhNrSqrx0K2x66PkkhBnoM
XpeGRdZxy5dt8Ul46rgCIQDOmnLLWeFzCIebPnVtF85h8RrdDS1+pvpHruwvnnzC
Hw==
-----END CERTIFICATE-----`;

describe('the parts of a certificate', () => {
  it('are those that OpenSSL wrote', () => {
    const [der = new Uint8Array()] = certificatesFromPem(OPENSSL);
    const { serialNumber, issuer, subject, signatureAlgorithm } = certificateParts(der);
    const name = '302c310b3009060355040613025553310d300b060355040a0c0454455354310e300c06035504030c057061727473';
    expect([hexOf(issuer), hexOf(subject)]).toEqual([name, name]);
    expect(signatureAlgorithm).toBe('1.2.840.10045.4.3.2');
    expect(hexOf(serialNumber.subarray(2)).replace(/^00/, '').toUpperCase()).toBe(
      new X509Certificate(der).serialNumber,
    );
  });

  it.each([
    ['rsa-2048', '1.2.840.113549.1.1.11'],
    ['ec-p256', '1.2.840.10045.4.3.2'],
  ] as const)('of a certificate of ours with %s', async (kind, signature) => {
    const keyPair = await new SystemKeyPairs(clock).generate(kind);
    const validity = { notBeforeMs: clock.nowMs, notAfterMs: clock.nowMs + 1_000 };
    const { chain } = await selfSign({
      subject: 'CN=parts',
      keyPair,
      entropy: new SystemEntropy(),
      clock,
      ...validity,
    });
    const parts = certificateParts(chain[0] ?? new Uint8Array());
    expect(parts.signatureAlgorithm).toBe(signature);
    expect(hexOf(parts.subject)).toBe(hexOf(parts.issuer));
    expect(new TextDecoder().decode(parts.subject)).toContain('parts');
  });

  it('are none of what is no certificate', () => {
    expect(() => certificateParts(Uint8Array.of(0x30, 0x03, 1, 2, 3))).toThrow(PkiError);
  });
});
