import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { LabAuthority } from '@vcryptsim/pki';
import type { KeyPair } from '@vcryptsim/ports';
import type { VCenter } from '@vcryptsim/vcenter';
import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { Lab, PROVIDER, START_MS } from './support/lab.js';

const OTHER = 'branch-kms' as typeof PROVIDER;
const YEAR_MS = 365 * 24 * 3600 * 1000;
const validity = { notBeforeMs: START_MS - YEAR_MS, notAfterMs: START_MS + YEAR_MS };
const pairs: readonly KeyPair[] = [1, 2, 3].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }));

/** A vCenter whose keys differ from each other, and that no key server knows yet. */
async function withStranger(test: (lab: Lab, vcenter: VCenter) => Promise<void>): Promise<void> {
  await Lab.run([], async (lab, first) => {
    await first.stop();
    lab.servers.trustedClients.length = 0;
    let drawn = 0;
    const keyPairs = { generate: async () => pairs[drawn++ % pairs.length] as KeyPair };
    const vcenter = await lab.bootVCenter({ keyPairs });
    await expect(as(vcenter).cryptoManager.generateKey()).rejects.toMatchObject({ code: 'KEY_GENERATION_FAILED' });
    await test(lab, vcenter);
    await vcenter.stop();
  });
}

/** The authority of a key server's maker. */
function kmsAuthority(lab: Lab): Promise<LabAuthority> {
  const keyPairs = { generate: async () => pairs[2] as KeyPair };
  return LabAuthority.create({ clock: lab.clock, entropy: lab.entropy, keyPairs, subject: 'CN=KMS CA', validity });
}

describe('the four ways to make key servers trust vCenter', () => {
  it('1: they trust the root of its own authority, and every certificate that it signs', () =>
    withStranger(async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      lab.servers.trustedAuthorities.push(await cryptoManager.retrieveVmcaRootCert());
      const leaf = new X509Certificate(await cryptoManager.generateVmcaClientCert(PROVIDER));
      const root = new X509Certificate(await cryptoManager.retrieveVmcaRootCert());
      expect(leaf.checkIssued(root) && leaf.verify(root.publicKey)).toBe(true);
      expect(root.ca).toBe(true);
      expect(leaf.keyUsage).toBeUndefined();
      await expect(cryptoManager.generateKey()).resolves.toMatchObject({ providerId: PROVIDER });
      await cryptoManager.generateVmcaClientCert(PROVIDER);
      expect(await cryptoManager.retrieveClientCert(PROVIDER)).not.toEqual(new Uint8Array(leaf.raw));
      await expect(cryptoManager.generateKey()).resolves.toMatchObject({ providerId: PROVIDER });
    }));

  it('1: the authority is the same after a reboot, and one for all providers', () =>
    withStranger(async (lab, first) => {
      const [one, again] = await Promise.all([
        as(first).cryptoManager.retrieveVmcaRootCert(),
        as(first).cryptoManager.retrieveVmcaRootCert(),
      ]);
      expect(again).toEqual(one);
      await first.stop();
      const second = await lab.bootVCenter();
      expect(await as(second).cryptoManager.retrieveVmcaRootCert()).toEqual(one);
      const entry = new TextDecoder().decode((await lab.filesUnder('/vcenter')).get('/vcenter/vecs/vmca.pem'));
      expect(entry).toMatch(/-----BEGIN CERTIFICATE-----.*-----BEGIN PRIVATE KEY-----/s);
      await second.stop();
    }));

  it('2: they trust the certificate that it signed itself', () =>
    withStranger(async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      lab.servers.trustedClients.push(await cryptoManager.generateSelfSignedClientCert(PROVIDER));
      await expect(cryptoManager.generateKey()).resolves.toMatchObject({ providerId: PROVIDER });
    }));

  it('3: it takes a certificate and private key that the key server made', () =>
    withStranger(async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const authority = await kmsAuthority(lab);
      const made = await authority.issueIdentity({ subject: 'CN=vc', keyPair: pairs[0] as KeyPair, ...validity });
      await cryptoManager.uploadClientCert(PROVIDER, made);
      lab.servers.trustedAuthorities.push(authority.certificate);
      expect(await cryptoManager.retrieveClientCert(PROVIDER)).toEqual(made.chain[0]);
      await expect(cryptoManager.generateKey()).resolves.toMatchObject({ providerId: PROVIDER });
    }));

  it('3: it refuses a private key of another certificate, what is no certificate, and none', () =>
    withStranger(async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const before = await cryptoManager.retrieveClientCert(PROVIDER);
      const authority = await kmsAuthority(lab);
      const { chain } = await authority.issueIdentity({ subject: 'CN=vc', keyPair: pairs[0] as KeyPair, ...validity });
      const { privateKey } = pairs[1] as KeyPair;
      const upload = (identity: Parameters<typeof cryptoManager.uploadClientCert>[1]) =>
        cryptoManager.uploadClientCert(PROVIDER, identity);
      await expect(upload({ chain, privateKey })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      await expect(upload({ chain: [], privateKey })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      await expect(upload({ chain: [new Uint8Array(9)], privateKey })).rejects.toMatchObject({ code: 'MALFORMED' });
      await expect(
        cryptoManager.uploadClientCert(OTHER, { chain, privateKey: (pairs[0] as KeyPair).privateKey }),
      ).rejects.toMatchObject({ code: 'PROVIDER_NOT_FOUND' });
      expect(await cryptoManager.retrieveClientCert(PROVIDER)).toEqual(before);
    }));

  it('4: it has the key server sign its request, and goes on with the old certificate until then', () =>
    withStranger(async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const before = await cryptoManager.retrieveClientCert(PROVIDER);
      const authority = await kmsAuthority(lab);
      lab.servers.trustedAuthorities.push(authority.certificate);
      const request = await cryptoManager.generateClientCsr(PROVIDER);
      expect(await cryptoManager.retrieveClientCsr(PROVIDER)).toEqual(request);
      expect(await cryptoManager.retrieveClientCert(PROVIDER)).toEqual(before);
      const certificate = await authority.signRequest(request, validity);
      await cryptoManager.updateKmsSignedCsrClientCert(PROVIDER, [certificate]);
      expect(new X509Certificate(certificate).subject).toBe('CN=kmipClient20261122094708');
      expect(await cryptoManager.retrieveClientCert(PROVIDER)).toEqual(certificate);
      await expect(cryptoManager.generateKey()).resolves.toMatchObject({ providerId: PROVIDER });
    }));

  it('4: a second request overwrites the first, whose certificate is refused from then on', () =>
    withStranger(async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const authority = await kmsAuthority(lab);
      const first = await cryptoManager.generateClientCsr(PROVIDER);
      const second = await cryptoManager.generateClientCsr(PROVIDER);
      expect(second).not.toEqual(first);
      expect(await cryptoManager.retrieveClientCsr(PROVIDER)).toEqual(second);
      const late = await authority.signRequest(first, validity);
      await expect(cryptoManager.updateKmsSignedCsrClientCert(PROVIDER, [late])).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
      await cryptoManager.updateKmsSignedCsrClientCert(PROVIDER, [await authority.signRequest(second, validity)]);
    }));

  it('4: the request and its key outlive a reboot; without a request there is nothing to update', () =>
    withStranger(async (lab, first) => {
      const authority = await kmsAuthority(lab);
      await expect(as(first).cryptoManager.retrieveClientCsr(PROVIDER)).rejects.toMatchObject({
        code: 'CLIENT_REQUEST_MISSING',
      });
      await expect(as(first).cryptoManager.updateKmsSignedCsrClientCert(PROVIDER, [])).rejects.toMatchObject({
        code: 'CLIENT_REQUEST_MISSING',
      });
      const request = await as(first).cryptoManager.generateClientCsr(PROVIDER);
      await first.stop();
      const second = await lab.bootVCenter();
      expect(await as(second).cryptoManager.retrieveClientCsr(PROVIDER)).toEqual(request);
      const certificate = await authority.signRequest(request, validity);
      await as(second).cryptoManager.updateKmsSignedCsrClientCert(PROVIDER, [certificate]);
      await second.stop();
    }));
});
