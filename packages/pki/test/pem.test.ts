import { X509Certificate } from 'node:crypto';
import { certificatesFromPem, certificateToPem, PkiError, privateKeyFromPem, privateKeyToPem } from '@vcryptsim/pki';
import { describe, expect, it } from 'vitest';
import { keyPairs, makeAuthority } from './support/lab.js';

describe('PEM', () => {
  it('of certificates is what OpenSSL writes and reads, several in one text', async () => {
    const [a, b] = [await makeAuthority('CN=a'), await makeAuthority('CN=b')];
    expect(certificateToPem(a.certificate)).toBe(new X509Certificate(a.certificate).toString());
    const text = `subject=CN=a\n${certificateToPem(a.certificate)}\r\nissuer=CN=b\n${certificateToPem(b.certificate)}`;
    expect(certificatesFromPem(text)).toEqual([a.certificate, b.certificate]);
  });

  it('of private keys is what OpenSSL writes, in bytes that can be zeroed', async () => {
    for (const kind of ['rsa-2048', 'ec-p256'] as const) {
      const { privateKey } = await keyPairs.generate(kind);
      const bytes = privateKeyToPem(privateKey);
      expect(new TextDecoder().decode(bytes)).toBe(privateKey.export({ type: 'pkcs8', format: 'pem' }));
      expect(privateKeyFromPem(bytes).equals(privateKey)).toBe(true);
    }
  });

  it('refuses what is none', () => {
    expect(() => certificatesFromPem('hello')).toThrow(PkiError);
    expect(() => certificatesFromPem('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')).toThrow(
      PkiError,
    );
    expect(() => privateKeyFromPem(new TextEncoder().encode('hello'))).toThrow(PkiError);
  });
});
