import { X509Certificate } from 'node:crypto';
import {
  certificateRequestFromPem,
  certificateRequestToPem,
  createCertificateRequest,
  LabAuthority,
  PkiError,
  verifyPeer,
} from '@vcryptsim/pki';
import { describe, expect, it } from 'vitest';
import { AROUND_NOON, keyPairs, makeAuthority, NOON_MS, ports } from './support/lab.js';

describe('LabAuthority', () => {
  it('is an authority to OpenSSL, and what it issues is signed by it', async () => {
    const authority = await makeAuthority('CN=lab authority,O=vcryptsim');
    const keyPair = await keyPairs.generate('ec-p256');
    const der = await authority.issue({ subject: 'CN=leaf', publicKey: keyPair.publicKey, ...AROUND_NOON });
    const [top, leaf] = [new X509Certificate(authority.certificate), new X509Certificate(der)];
    expect(top.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(top) && leaf.verify(top.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(keyPair.privateKey)).toBe(true);
    expect(Date.parse(leaf.validTo)).toBe(AROUND_NOON.notAfterMs);
  });

  it('gives each certificate a serial number of its own, positive and 16 bytes long', async () => {
    const authority = await makeAuthority();
    const { publicKey } = await keyPairs.generate('ec-p256');
    const issue = () => authority.issue({ subject: 'CN=leaf', publicKey, ...AROUND_NOON });
    const [a, b] = [new X509Certificate(await issue()), new X509Certificate(await issue())];
    expect(a.serialNumber).not.toBe(b.serialNumber);
    for (const { serialNumber } of [a, b]) expect(serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it('comes back from its certificate and key, and refuses a key that is not its own', async () => {
    const authority = await makeAuthority();
    const { certificate, privateKey } = authority;
    const again = LabAuthority.open({ ...ports, certificate, privateKey });
    const { publicKey, privateKey: other } = await keyPairs.generate('rsa-2048');
    const der = await again.issue({ subject: 'CN=leaf', publicKey, ...AROUND_NOON });
    await expect(verifyPeer([der], { pins: [], authorities: [certificate] }, NOON_MS)).resolves.toBeDefined();
    expect(() => LabAuthority.open({ ...ports, certificate, privateKey: other })).toThrow(PkiError);
    expect(() => LabAuthority.open({ ...ports, certificate: der, privateKey: other })).toThrow(PkiError);
  });
});

describe('certificate requests', () => {
  it('become certificates for their subject and key, with names and usage of our choosing', async () => {
    const authority = await makeAuthority();
    const keyPair = await keyPairs.generate('rsa-2048');
    const subject = 'CN=vcenter,O=example';
    const made = await createCertificateRequest({
      subject,
      alternativeNames: ['kms.example'],
      keyPair,
      clock: ports.clock,
    });
    const request = certificateRequestFromPem(certificateRequestToPem(made));
    const der = await authority.signRequest(request, { ...AROUND_NOON, usage: 'client' });
    const peer = await verifyPeer([der], { pins: [], authorities: [authority.certificate] }, NOON_MS);
    expect(peer.subject).toBe(subject);
    expect(peer.alternativeNames).toEqual([]);
    expect(new X509Certificate(der).checkPrivateKey(keyPair.privateKey)).toBe(true);
  });

  it('are refused when another key signed them, when a byte differs and when they are none', async () => {
    const authority = await makeAuthority();
    const keyPair = await keyPairs.generate('ec-p256');
    const request = await createCertificateRequest({ subject: 'CN=vcenter', keyPair, clock: ports.clock });
    const bent = Uint8Array.from(request);
    bent[bent.length - 1] = (bent.at(-1) ?? 0) ^ 1;
    const other = await keyPairs.generate('ec-p256');
    const crossed = { privateKey: other.privateKey, publicKey: keyPair.publicKey };
    const stolen = await createCertificateRequest({ subject: 'CN=vcenter', keyPair: crossed, clock: ports.clock });
    for (const bad of [bent, stolen, new Uint8Array([0x30, 0]), new Uint8Array(0)]) {
      await expect(authority.signRequest(bad, AROUND_NOON)).rejects.toMatchObject({ code: 'MALFORMED' });
    }
  });
});
