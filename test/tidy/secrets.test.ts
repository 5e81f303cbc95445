// Where key bytes may leave their holders, and where they must not even be named.
import { describe, expect, it } from 'vitest';
import { findings, packageSources, type SourceFile, sample } from './source.js';

/** Files in which a KeyObject is turned into bytes, each for a reason that its docstring tells. */
const EXPORTERS = [
  'packages/crypto-core/src/with-key-bytes.ts', // for one call of the portable engine; zeroed after it
  'packages/kms/src/objects/key-material.ts', // the answer to KMIP Get
  'packages/kms/src/operations/create-key-pair.ts', // a new pair, on its way into the store
  'packages/kms/src/cryptography/key-formats.ts', // the answer to a Get that names a format
  'packages/pki/src/certificate/certificate.ts', // public keys
  'packages/pki/src/files/pem.ts', // private keys of certificates, on their way to a file
  'packages/pki/src/authority/subject-keys.ts', // the same, on their way into WebCrypto
  'packages/ports/src/os/tls-network/handshake.ts', // the same, on their way into OpenSSL
];
const HOLDERS =
  /^packages\/(?:crypto-core\/src\/(?:keys|locked|wrap|aead)\/|kms\/src\/(?:objects\/key-material|store\/root-key)\.ts$|hypervisor\/src\/host\/key-cache\.ts$|vcenter\/src\/crypto\/)/;
const EVENTS = /^packages\/[^/]+\/src\/(?:[^/]+\/)?events\.ts$/;

function wrong(file: SourceFile): string[] {
  const found: string[] = [];
  if (!EXPORTERS.includes(file.path)) found.push(...findings(file, /\.export\(/g));
  // The literals are blanked in `code`, so these look at the text.
  if (HOLDERS.test(file.path))
    found.push(...findings(file, /\.toString\(\s*['"](?:hex|base64|base64url|latin1|binary)/g, 'text'));
  if (HOLDERS.test(file.path)) found.push(...findings(file, /\bJSON\.stringify\([^)]*\b(?:key|kek|dek|parcel)\b/gi));
  if (EVENTS.test(file.path))
    found.push(...findings(file, /\b(?:Uint8Array|Buffer|ArrayBuffer|KeyObject|KeyParcel|Kek|Dek|Error|unknown)\b/g));
  return found;
}

describe('secrets', () => {
  it.each([
    ['packages/vcenter/src/crypto/a.ts', 'key.export();', 1],
    ['packages/kms/src/objects/key-material.ts', 'key.export();', 0],
    ['packages/crypto-core/src/keys/kek.ts', "bytes.toString('hex')", 1],
    ['packages/pki/src/a.ts', "fingerprint.toString('hex')", 0],
    ['packages/vcenter/src/crypto/a.ts', 'JSON.stringify({ kek })', 1],
    ['packages/kms/src/terms/events.ts', "type E = { readonly type: 'A'; readonly key: Uint8Array };", 1],
    ['packages/kms/src/terms/events.ts', "type E = { readonly type: 'A'; readonly keyId: KeyId };", 0],
  ])('judges %s with %j', (path, text, count) => {
    expect(wrong(sample(path, text))).toHaveLength(count);
  });

  it('stay where they are', () => {
    const files = packageSources();
    expect(EXPORTERS.filter((path) => !files.some((file) => file.path === path))).toEqual([]);
    expect(files.filter((file) => HOLDERS.test(file.path)).length).toBeGreaterThan(10);
    expect(files.filter((file) => EVENTS.test(file.path)).length).toBeGreaterThanOrEqual(4);
    expect(files.flatMap(wrong)).toEqual([]);
  });
});
