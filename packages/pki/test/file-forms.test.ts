// What people name with --cert, --key, --ca and --csr: many forms, made by OpenSSL. Read, or told by what it is.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { certificateRequestFromFile, certificatesFromFile, PkiError, privateKeyFromFile } from '@vcryptsim/pki';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { hasOpenssl, OpensslFolder } from './support/openssl.js';

const text = (content: string) => new TextEncoder().encode(content);
const utf16 = (content: string) => Uint8Array.from([0xff, 0xfe, ...Buffer.from(content, 'utf16le')]);

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(PkiError);
    expect((error as PkiError).code).toBe('MALFORMED');
    return (error as PkiError).message;
  }
  throw new Error('it was read');
}

describe.runIf(hasOpenssl)('a file of certificates or a key', () => {
  let ssl: OpensslFolder;
  let leaf: Uint8Array;
  let root: Uint8Array;
  const made = (...words: string[]) => {
    ssl.run(...words);
    return ssl.read(words[words.indexOf('-out') + 1] ?? '');
  };

  beforeAll(() => {
    ssl = new OpensslFolder();
    root = ssl.certificate('root', ['basicConstraints=critical,CA:TRUE']);
    leaf = ssl.certificate('leaf', ['subjectAltName=DNS:a'], 'root');
    ssl.run('genrsa', '-traditional', '-out', 'rsa.key', '2048');
  });
  afterAll(() => ssl.remove());

  it('is read as PEM, alone or with other things before, between and behind', () => {
    const pem = ssl.read('leaf.pem');
    const key = ssl.read('leaf.key');
    expect(certificatesFromFile(pem, 'a.pem')).toEqual([leaf]);
    const both = Uint8Array.from([
      ...text('Bag Attributes\r\n'),
      ...key,
      ...pem,
      ...text('# next\n'),
      ...ssl.read('root.pem'),
    ]);
    expect(certificatesFromFile(both, 'a.pem')).toEqual([leaf, root]);
    expect(privateKeyFromFile(both, 'a.pem').asymmetricKeyType).toBe('ec');
    const trusted = made('x509', '-in', 'leaf.pem', '-trustout', '-addtrust', 'clientAuth', '-out', 'trusted.pem');
    expect(certificatesFromFile(trusted, 'trusted.pem')).toEqual([leaf]);
  });

  it('is read as several certificates in DER, with padding behind them, and as a short key', () => {
    const both = Uint8Array.from([...leaf, ...root]);
    expect(certificatesFromFile(both, 'a.cer')).toEqual([leaf, root]);
    for (const padding of [[0x0a], [0x0d, 0x0a, 0x1a], [0, 0, 0]]) {
      expect(certificatesFromFile(Uint8Array.from([...leaf, ...padding]), 'a.cer')).toEqual([leaf]);
    }
    expect(refusal(() => certificatesFromFile(Uint8Array.from([...leaf, 1, 2, 3]), 'a.cer'))).toMatch(/3 bytes follow/);
    const short = made('genpkey', '-algorithm', 'ed25519', '-outform', 'der', '-out', 'ed.der');
    expect(privateKeyFromFile(short, 'ed.der').asymmetricKeyType).toBe('ed25519');
    expect(refusal(() => certificatesFromFile(short, 'x'))).toMatch(/It is a private key/);
    expect(refusal(() => certificatesFromFile(text(Buffer.from(short).toString('base64')), 'x'))).toMatch(/base64/);
    expect(refusal(() => certificatesFromFile(text('0.5 is a number'), 'x'))).toMatch(/a text without a PEM block/);
  });

  it('is read as DER, as PEM of Windows and as PKCS#7 with the leaf first', () => {
    expect(certificatesFromFile(leaf, 'a.cer')).toEqual([leaf]);
    const pem = new X509Certificate(leaf).toString();
    expect(certificatesFromFile(text(pem.replaceAll('\n', '\r\n')), 'a.cer')).toEqual([leaf]);
    expect(certificatesFromFile(utf16(pem), 'a.cer')).toEqual([leaf]);
    expect(certificatesFromFile(utf16(pem).slice(2), 'a.cer')).toEqual([leaf]);
    expect(certificatesFromFile(text(`\ufeff${pem}`), 'a.cer')).toEqual([leaf]);
    const files = ['-certfile', 'root.pem', '-certfile', 'leaf.pem'];
    const p7 = made('crl2pkcs7', '-nocrl', ...files, '-out', 'a.p7b');
    expect(certificatesFromFile(p7, 'a.p7b')).toEqual([leaf, root]);
    const p7der = made('crl2pkcs7', '-nocrl', ...files, '-outform', 'der', '-out', 'b.p7b');
    expect(certificatesFromFile(p7der, 'b.p7b')).toEqual([leaf, root]);
  });

  it('is a private key in PKCS#8, PKCS#1 and SEC1, in PEM and in DER', () => {
    const rsa = createPrivateKey(Buffer.from(ssl.read('rsa.key')));
    const ec = createPrivateKey(Buffer.from(ssl.read('leaf.key')));
    for (const [key, types] of [
      [rsa, ['pkcs8', 'pkcs1']],
      [ec, ['pkcs8', 'sec1']],
    ] as const) {
      for (const type of types) {
        for (const format of ['pem', 'der'] as const) {
          const bytes = key.export({ type, format } as { type: 'pkcs8'; format: 'pem' });
          const given = typeof bytes === 'string' ? text(bytes) : new Uint8Array(bytes);
          expect(privateKeyFromFile(given, 'a.key').equals(key)).toBe(true);
        }
      }
    }
    const pem = rsa.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(privateKeyFromFile(utf16(pem), 'a.key').equals(rsa)).toBe(true);
  });

  it('is a certificate request in PEM and in DER', () => {
    const der = made('req', '-in', 'leaf.csr', '-outform', 'der', '-out', 'leaf-csr.der');
    expect(certificateRequestFromFile(der, 'a.csr')).toEqual(der);
    expect(certificateRequestFromFile(ssl.read('leaf.csr'), 'a.csr')).toEqual(der);
    expect(refusal(() => certificateRequestFromFile(leaf, 'a.csr'))).toMatch(
      /It is a certificate, where a certificate request/,
    );
  });

  it('under a passphrase or in a key store is named with the command that opens it', () => {
    ssl.run('pkcs12', '-export', '-in', 'leaf.pem', '-inkey', 'leaf.key', '-passout', 'pass:x', '-out', 'a.p12');
    const p12 = ssl.read('a.p12');
    expect(refusal(() => certificatesFromFile(p12, 'a.p12'))).toBe(
      "a.p12: It is a PKCS#12 file (.p12, .pfx), where a certificate is wanted. Convert it: openssl pkcs12 -in 'a.p12' -nokeys -out cert.pem",
    );
    expect(refusal(() => privateKeyFromFile(p12, "it's.p12"))).toContain(
      "-in 'it'\\''s.p12' -nocerts -noenc -out key.pem",
    );
    const encrypted = [
      made('pkcs8', '-topk8', '-in', 'leaf.key', '-passout', 'pass:x', '-out', 'e8.key'),
      made('pkcs8', '-topk8', '-in', 'leaf.key', '-passout', 'pass:x', '-outform', 'der', '-out', 'e8.der'),
      made('rsa', '-in', 'rsa.key', '-aes256', '-traditional', '-passout', 'pass:x', '-out', 'e1.key'),
    ];
    for (const bytes of encrypted) {
      expect(refusal(() => privateKeyFromFile(bytes, 'e.key'))).toMatch(
        /a private key under a passphrase, .* Convert it: openssl pkey (-inform der )?-in 'e\.key' -out key\.pem$/,
      );
    }
  });

  it('of another kind is told by what it is', () => {
    const key = ssl.read('leaf.key');
    const publicKey = made('pkey', '-in', 'leaf.key', '-pubout', '-out', 'public.pem');
    const publicDer = made('pkey', '-in', 'leaf.key', '-pubout', '-outform', 'der', '-out', 'public.der');
    const keyDer = made('pkey', '-in', 'leaf.key', '-outform', 'der', '-out', 'key.der');
    const bare = Buffer.from(leaf).toString('base64');
    const rows: readonly (readonly [Uint8Array, RegExp])[] = [
      [new Uint8Array(0), /The file is empty, where a certificate is wanted/],
      [text(' \n'), /The file is empty/],
      [key, /It is a private key, where a certificate is wanted/],
      [keyDer, /It is a private key, where/],
      [publicKey, /It is a public key/],
      [publicDer, /It is a public key/],
      [ssl.read('leaf.csr'), /certificate request \(CSR\).*signed by an authority/],
      [text(bare), /base64 without BEGIN and END lines.*tr -d ' \\r\\n' < 'x' \| openssl base64 -d -A/],
      [text('hello'), /a text without a PEM block/],
      [text('-----BEGIN SOMETHING-----\nAAAA\n-----END SOMETHING-----\n'), /PEM of another kind/],
      [Uint8Array.of(0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2), /Java key store.*keytool/],
      [Uint8Array.of(0x1f, 0x8b, 8, 0), /neither PEM nor DER/],
    ];
    for (const [bytes, says] of rows) expect(refusal(() => certificatesFromFile(bytes, 'x'))).toMatch(says);
    expect(refusal(() => privateKeyFromFile(leaf, 'x'))).toMatch(/It is a certificate, where a private key is wanted/);
    expect(refusal(() => privateKeyFromFile(text('-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n'), 'x'))).toMatch(
      /format of OpenSSH.*ssh-keygen/,
    );
  });

  it('that is cut or damaged is told as that', () => {
    const pem = ssl.read('leaf.pem');
    expect(refusal(() => certificatesFromFile(pem.subarray(0, 200), 'x'))).toMatch(/looks like a certificate in PEM/);
    expect(refusal(() => certificatesFromFile(leaf.subarray(0, 200), 'x'))).toMatch(/begins as DER does, and is cut/);
    expect(refusal(() => privateKeyFromFile(ssl.read('leaf.key').subarray(0, 80), 'x'))).toMatch(/private key in PEM/);
  });

  it('never has the bytes of a key in what is said', () => {
    const key = ssl.read('leaf.key');
    const body = new TextDecoder().decode(key).split('\n')[1] ?? '';
    for (const given of [key, key.subarray(0, 150)]) {
      expect(refusal(() => certificatesFromFile(given, 'x'))).not.toContain(body.slice(0, 10));
    }
  });
});

if (!hasOpenssl) leftOut('forms of certificates and keys', 'openssl is not installed');
