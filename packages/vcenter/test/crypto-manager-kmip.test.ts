import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { ESX_1, KMS_1, KMS_2, Lab, PROVIDER, START_MS } from './support/lab.js';

const OTHER = 'branch kms/2' as typeof PROVIDER;

describe('key providers', () => {
  it('keeps the servers in the order of their registration, and makes the first provider the default', () =>
    Lab.run([], async (_lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const server = { name: KMS_1, address: { host: '127.0.0.1', port: 5696 } };
      await cryptoManager.registerKmipServer({ providerId: OTHER, server });
      expect(cryptoManager.listKmipServers()).toMatchObject([
        { providerId: PROVIDER, useAsDefault: true, servers: [{ name: KMS_1 }, { name: KMS_2 }] },
        { providerId: OTHER, useAsDefault: false, servers: [{ name: KMS_1, trustedCertificateSha256: null }] },
      ]);
      await cryptoManager.markDefault(OTHER);
      expect(cryptoManager.listKmipServers().map(({ useAsDefault }) => useAsDefault)).toEqual([false, true]);
    }));

  it('refuses what is there already, what is not there, and names that cannot be', () =>
    Lab.run([], async (_lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const server = { name: KMS_1, address: { name: KMS_1 } };
      const before = cryptoManager.listKmipServers();
      const refusals = [
        [() => cryptoManager.registerKmipServer({ providerId: PROVIDER, server }), 'ALREADY_EXISTS'],
        [() => cryptoManager.registerKmipServer({ providerId: '' as typeof PROVIDER, server }), 'INVALID_ARGUMENT'],
        [
          () => cryptoManager.registerKmipServer({ providerId: 'é'.repeat(40) as typeof PROVIDER, server }),
          'INVALID_ARGUMENT',
        ],
        [() => cryptoManager.removeKmipServer(OTHER, KMS_1), 'PROVIDER_NOT_FOUND'],
        [() => cryptoManager.removeKmipServer(PROVIDER, 'kms-3' as typeof KMS_1), 'SERVER_NOT_FOUND'],
        [() => cryptoManager.markDefault(OTHER), 'PROVIDER_NOT_FOUND'],
        [() => cryptoManager.generateKey(OTHER), 'PROVIDER_NOT_FOUND'],
        [() => cryptoManager.generateSelfSignedClientCert(OTHER), 'PROVIDER_NOT_FOUND'],
        [() => cryptoManager.retrieveSelfSignedClientCert(OTHER), 'PROVIDER_NOT_FOUND'],
        [() => cryptoManager.uploadKmipServerCert(PROVIDER, KMS_1, new Uint8Array(3)), 'MALFORMED'],
      ] as const;
      for (const [refused, code] of refusals) await expect(refused()).rejects.toMatchObject({ code });
      expect(cryptoManager.listKmipServers()).toEqual(before);
    }));

  it('asks for a default provider before it makes an encrypted VM', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      for (const server of [KMS_1, KMS_2]) await as(vcenter).cryptoManager.removeKmipServer(PROVIDER, server);
      await expect(lab.encryptedVm(vcenter)).rejects.toThrow('NO_DEFAULT_PROVIDER');
      expect(lab.hosts.of(ESX_1).state).toBe('incapable');
    }));
});

describe('trust', () => {
  it('makes a client certificate as a real vCenter does: its name, self-signed, no extended key usage', () =>
    Lab.run([], async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const der = await cryptoManager.generateSelfSignedClientCert(PROVIDER);
      const certificate = new X509Certificate(der);
      expect(certificate.subject).toBe('CN=kmipClient20261122094708');
      expect(certificate.issuer).toBe(certificate.subject);
      expect(certificate.verify(certificate.publicKey)).toBe(true);
      expect(certificate.keyUsage).toBeUndefined();
      expect(Date.parse(certificate.validTo)).toBe(Date.UTC(2036, 10, 22, 9, 47, 8));
      expect(Date.parse(certificate.validFrom)).toBeLessThan(START_MS);
      expect(await cryptoManager.retrieveSelfSignedClientCert(PROVIDER)).toEqual(der);
      expect([...(await lab.filesUnder('/vcenter')).keys()]).toContain('/vcenter/vecs/clients/corp-kms.pem');
    }));

  it('keeps the client identity and the trusted certificate over a reboot', () =>
    Lab.run([], async (lab, first) => {
      const der = await as(first).cryptoManager.retrieveSelfSignedClientCert(PROVIDER);
      await first.stop();
      const second = await lab.bootVCenter();
      expect(await as(second).cryptoManager.retrieveSelfSignedClientCert(PROVIDER)).toEqual(der);
      expect(await as(second).cryptoManager.generateKey()).toEqual({ keyId: 'key-1', providerId: PROVIDER });
      await second.stop();
    }));

  it('stores providers of any name side by side', () =>
    Lab.run([], async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const names = ['../x', 'a/b', 'a%2fb', '.', 'Ä'] as (typeof PROVIDER)[];
      const made: Uint8Array[] = [];
      for (const providerId of names) {
        await cryptoManager.registerKmipServer({ providerId, server: { name: KMS_1, address: { name: KMS_1 } } });
        made.push(await cryptoManager.generateSelfSignedClientCert(providerId));
      }
      expect(await Promise.all(names.map((name) => cryptoManager.retrieveSelfSignedClientCert(name)))).toEqual(made);
      const files = [...(await lab.filesUnder('/')).keys()];
      expect(files.filter((path) => path.startsWith('/vcenter/vecs/clients/'))).toHaveLength(names.length + 1);
      expect(files.every((path) => path.startsWith('/vcenter/'))).toBe(true);
    }));

  it('speaks with no server whose certificate was not uploaded as trusted', () =>
    Lab.run([], async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const server = { name: KMS_1, address: { name: KMS_1 } };
      await cryptoManager.registerKmipServer({ providerId: OTHER, server });
      await expect(cryptoManager.retrieveKmipServerCert(OTHER, KMS_1)).rejects.toMatchObject({
        code: 'CLIENT_CERTIFICATE_MISSING',
      });
      lab.servers.trustedClients.push(await cryptoManager.generateSelfSignedClientCert(OTHER));
      await expect(cryptoManager.generateKey(OTHER)).rejects.toMatchObject({
        code: 'KEY_GENERATION_FAILED',
        fault: { servers: [{ server: KMS_1, code: 'SERVER_NOT_TRUSTED' }] },
      });
      expect(lab.wire.conversations).toEqual([]);
    }));

  it('refuses a server that shows another certificate than the trusted one', () =>
    Lab.run([], async (_lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const own = await cryptoManager.retrieveSelfSignedClientCert(PROVIDER);
      await cryptoManager.uploadKmipServerCert(PROVIDER, KMS_1, own);
      await cryptoManager.uploadKmipServerCert(PROVIDER, KMS_2, own);
      await expect(cryptoManager.generateKey()).rejects.toMatchObject({
        fault: {
          servers: [
            { server: KMS_1, code: 'UNKNOWN_ISSUER' },
            { server: KMS_2, code: 'UNKNOWN_ISSUER' },
          ],
        },
      });
    }));

  it('reads a server certificate before that server trusts it, and says so when nobody is there', () =>
    Lab.run([], async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      lab.servers.trustedClients.length = 0;
      const certificate = await cryptoManager.retrieveKmipServerCert(PROVIDER, KMS_1);
      expect(new X509Certificate(certificate).subject).toBe('CN=kms');
      await lab.servers.stop(KMS_1);
      await expect(cryptoManager.retrieveKmipServerCert(PROVIDER, KMS_1)).rejects.toMatchObject({
        code: 'SERVER_NOT_REACHABLE',
        fault: { failure: { server: KMS_1, code: 'REFUSED' } },
      });
    }));

  it('tells when an entry of VECS is damaged', () =>
    Lab.run([], async (lab, first) => {
      await first.stop();
      const path = '/vcenter/vecs/clients/corp-kms.pem';
      const handle = await lab.files.open(path, { access: 'write' });
      await handle.truncate(100);
      await handle.close();
      const second = await lab.bootVCenter();
      await expect(as(second).cryptoManager.retrieveSelfSignedClientCert(PROVIDER)).rejects.toMatchObject({
        code: 'VECS_DAMAGED',
        fault: { file: path },
      });
      await second.stop();
    }));
});
