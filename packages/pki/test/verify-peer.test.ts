import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { fingerprintSha256, type LabAuthority, PkiError, peerJudge, selfSign, verifyPeer } from '@vcryptsim/pki';
import type { TlsIdentity } from '@vcryptsim/ports';
import { beforeAll, describe, expect, it } from 'vitest';
import { AROUND_NOON, DAY_MS, keyPairs, makeAuthority, NOON_MS, ports, standingClock } from './support/lab.js';

let authority: LabAuthority;
let namesake: LabAuthority;
let server: TlsIdentity;
let client: TlsIdentity;
let selfSigned: TlsIdentity;

beforeAll(async () => {
  authority = await makeAuthority();
  namesake = await makeAuthority();
  const rsa = await keyPairs.generate('rsa-2048');
  server = await authority.issueIdentity({
    subject: 'CN=kms-a,O=vcryptsim lab',
    alternativeNames: ['kms-a.example', '127.0.0.1', 'uri:urn:vcryptsim:kms-a'],
    usage: 'server',
    keyPair: rsa,
    ...AROUND_NOON,
  });
  const ec = await keyPairs.generate('ec-p256');
  client = await authority.issueIdentity({ subject: 'CN=vcenter', usage: 'client', keyPair: ec, ...AROUND_NOON });
  selfSigned = await selfSign({ subject: 'CN=kmipClient20261121', keyPair: rsa, ...ports, ...AROUND_NOON });
});

const trusting = (...authorities: LabAuthority[]) => ({
  pins: [],
  authorities: authorities.map((trusted) => trusted.certificate),
});

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PkiError);
  return (error as PkiError).code;
}

/** Certificates that the lab authority would never make. */
async function forge(o: {
  issuer: { subject: string; keys: webcrypto.CryptoKeyPair };
  subject: string;
  keys: webcrypto.CryptoKeyPair;
  extensions?: x509.Extension[];
}): Promise<Uint8Array> {
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: '01',
      subject: o.subject,
      issuer: o.issuer.subject,
      notBefore: new Date(AROUND_NOON.notBeforeMs),
      notAfter: new Date(AROUND_NOON.notAfterMs),
      publicKey: o.keys.publicKey,
      signingKey: o.issuer.keys.privateKey,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: o.extensions ?? [],
    },
    webcrypto,
  );
  return new Uint8Array(certificate.rawData);
}

const freshKeys = () => webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
const mayIssue = (pathLength?: number) => new x509.BasicConstraintsExtension(true, pathLength, true);

describe('verifyPeer accepts', () => {
  it('a certificate of a trusted authority, and says whose it is', async () => {
    const peer = await verifyPeer(server.chain, trusting(authority), NOON_MS, 'kms-a.example');
    expect(peer.subject).toBe('CN=kms-a,O=vcryptsim lab');
    expect(peer.alternativeNames).toEqual(['dns:kms-a.example', 'ip:127.0.0.1', 'uri:urn:vcryptsim:kms-a']);
    expect(peer.fingerprintSha256).toBe(fingerprintSha256(server.chain[0]!));
    expect(peer.publicKeySha256).toMatch(/^[0-9a-f]{64}$/);
    expect(peer.certificate).toEqual(server.chain[0]);
  });

  it('an address among its names', async () => {
    await expect(verifyPeer(server.chain, trusting(authority), NOON_MS, '127.0.0.1')).resolves.toBeDefined();
  });

  it('a client with or without extended key usage', async () => {
    const keyPair = await keyPairs.generate('ec-p256');
    const bare = await authority.issueIdentity({ subject: 'CN=bare', keyPair, ...AROUND_NOON });
    await expect(verifyPeer(client.chain, trusting(authority), NOON_MS)).resolves.toBeDefined();
    await expect(verifyPeer(bare.chain, trusting(authority), NOON_MS)).resolves.toBeDefined();
  });

  it('a pinned certificate that signed itself and has no extended key usage, as vCenter makes it', async () => {
    const peer = await verifyPeer(selfSigned.chain, { pins: [selfSigned.chain[0]!], authorities: [] }, NOON_MS);
    expect(peer.subject).toBe('CN=kmipClient20261121');
  });

  it('one key in two certificates as one identity', async () => {
    const pinned = await verifyPeer(selfSigned.chain, { pins: [selfSigned.chain[0]!], authorities: [] }, NOON_MS);
    const issued = await verifyPeer(server.chain, trusting(authority), NOON_MS);
    expect(pinned.publicKeySha256).toBe(issued.publicKeySha256);
    expect(pinned.fingerprintSha256).not.toBe(issued.fingerprintSha256);
  });

  it('an intermediate that the peer sends, whatever else it sends', async () => {
    const [root, middle, leaf] = await Promise.all([freshKeys(), freshKeys(), freshKeys()]);
    const top = await forge({
      issuer: { subject: 'CN=root', keys: root },
      subject: 'CN=root',
      keys: root,
      extensions: [mayIssue()],
    });
    const between = await forge({
      issuer: { subject: 'CN=root', keys: root },
      subject: 'CN=middle',
      keys: middle,
      extensions: [mayIssue()],
    });
    const end = await forge({ issuer: { subject: 'CN=middle', keys: middle }, subject: 'CN=leaf', keys: leaf });
    const trust = { pins: [], authorities: [top] };
    const peer = await verifyPeer([end, server.chain[0]!, between], trust, NOON_MS);
    expect(peer.subject).toBe('CN=leaf');
    expect(await refusal(verifyPeer([end], trust, NOON_MS))).toBe('UNKNOWN_ISSUER');
  });

  it('its last moment, and not the one after', async () => {
    const judge = (nowMs: number) => verifyPeer(server.chain, trusting(authority), nowMs);
    await expect(judge(AROUND_NOON.notAfterMs)).resolves.toBeDefined();
    expect(await refusal(judge(AROUND_NOON.notAfterMs + 1))).toBe('EXPIRED');
    await expect(judge(AROUND_NOON.notBeforeMs)).resolves.toBeDefined();
    expect(await refusal(judge(AROUND_NOON.notBeforeMs - 1))).toBe('NOT_YET_VALID');
  });
});

describe('verifyPeer refuses', () => {
  it('no certificate', async () => {
    expect(await refusal(verifyPeer([], trusting(authority), NOON_MS))).toBe('NO_CERTIFICATE');
  });

  it('bytes that are no certificate', async () => {
    expect(await refusal(verifyPeer([new Uint8Array([1, 2, 3])], trusting(authority), NOON_MS))).toBe('MALFORMED');
  });

  it('an unknown issuer', async () => {
    expect(await refusal(verifyPeer(selfSigned.chain, trusting(authority), NOON_MS))).toBe('UNKNOWN_ISSUER');
    expect(await refusal(verifyPeer(server.chain, { pins: [], authorities: [] }, NOON_MS))).toBe('UNKNOWN_ISSUER');
  });

  it('an authority of the same name with another key, and one that the peer merely sends', async () => {
    expect(await refusal(verifyPeer(server.chain, trusting(namesake), NOON_MS))).toBe('UNKNOWN_ISSUER');
    const chain = [...server.chain, authority.certificate];
    expect(await refusal(verifyPeer(chain, trusting(namesake), NOON_MS))).toBe('UNKNOWN_ISSUER');
    await expect(verifyPeer(server.chain, trusting(namesake, authority), NOON_MS)).resolves.toBeDefined();
  });

  it('an issuer that is no authority, trusted or sent', async () => {
    const [parent, child] = await Promise.all([freshKeys(), freshKeys()]);
    const issuer = { subject: 'CN=no authority', keys: parent };
    const plain = await forge({ issuer, subject: issuer.subject, keys: parent });
    const leaf = await forge({ issuer, subject: 'CN=leaf', keys: child });
    expect(await refusal(verifyPeer([leaf], { pins: [], authorities: [plain] }, NOON_MS))).toBe('UNKNOWN_ISSUER');
    expect(await refusal(verifyPeer([leaf, plain], { pins: [plain], authorities: [] }, NOON_MS))).toBe(
      'UNKNOWN_ISSUER',
    );
  });

  it('more intermediates than an authority allows', async () => {
    const [root, middle, leaf] = await Promise.all([freshKeys(), freshKeys(), freshKeys()]);
    const issuer = { subject: 'CN=root', keys: root };
    const top = await forge({ issuer, subject: 'CN=root', keys: root, extensions: [mayIssue(0)] });
    const between = await forge({ issuer, subject: 'CN=middle', keys: middle, extensions: [mayIssue()] });
    const end = await forge({ issuer: { subject: 'CN=middle', keys: middle }, subject: 'CN=leaf', keys: leaf });
    expect(await refusal(verifyPeer([end, between], { pins: [], authorities: [top] }, NOON_MS))).toBe('UNKNOWN_ISSUER');
  });

  it('a critical rule that is not understood', async () => {
    const [root, leaf] = await Promise.all([freshKeys(), freshKeys()]);
    const issuer = { subject: 'CN=root', keys: root };
    const top = await forge({ issuer, subject: 'CN=root', keys: root, extensions: [mayIssue()] });
    const rule = new x509.Extension('1.3.6.1.4.1.99999.1', true, new Uint8Array([5, 0]));
    const end = await forge({ issuer, subject: 'CN=leaf', keys: leaf, extensions: [rule] });
    expect(await refusal(verifyPeer([end], { pins: [], authorities: [top] }, NOON_MS))).toBe('RULE_NOT_UNDERSTOOD');
  });

  it('a pinned certificate out of its dates', async () => {
    const trust = { pins: [selfSigned.chain[0]!], authorities: [] };
    expect(await refusal(verifyPeer(selfSigned.chain, trust, NOON_MS + 2 * DAY_MS))).toBe('EXPIRED');
    expect(await refusal(verifyPeer(selfSigned.chain, trust, NOON_MS - 2 * DAY_MS))).toBe('NOT_YET_VALID');
  });

  it('an expired authority above a leaf that is in its dates', async () => {
    const keyPair = await keyPairs.generate('ec-p256');
    const validity = { notBeforeMs: NOON_MS - DAY_MS, notAfterMs: NOON_MS + 9 * DAY_MS };
    const leaf = await authority.issueIdentity({ subject: 'CN=outlives', keyPair, ...validity });
    expect(await refusal(verifyPeer(leaf.chain, trusting(authority), NOON_MS + 3 * DAY_MS))).toBe('EXPIRED');
  });

  it('a revoked leaf, pinned or issued, and a revoked authority', async () => {
    const revokes = (der: Uint8Array) => ({ ...trusting(authority), revoked: [fingerprintSha256(der)] });
    expect(await refusal(verifyPeer(server.chain, revokes(server.chain[0]!), NOON_MS))).toBe('REVOKED');
    expect(await refusal(verifyPeer(server.chain, revokes(authority.certificate), NOON_MS))).toBe('REVOKED');
    const pinned = { ...revokes(selfSigned.chain[0]!), pins: [selfSigned.chain[0]!] };
    expect(await refusal(verifyPeer(selfSigned.chain, pinned, NOON_MS))).toBe('REVOKED');
  });

  it('another name, and a common name that poses as one', async () => {
    const trust = trusting(authority);
    expect(await refusal(verifyPeer(server.chain, trust, NOON_MS, 'kms-b.example'))).toBe('WRONG_NAME');
    expect(await refusal(verifyPeer(server.chain, trust, NOON_MS, '127.0.0.2'))).toBe('WRONG_NAME');
    expect(await refusal(verifyPeer(client.chain, trust, NOON_MS, 'vcenter'))).toBe('WRONG_NAME');
  });

  it('a client of the same authority that poses as the server', async () => {
    const keyPair = await keyPairs.generate('ec-p256');
    const alternativeNames = ['kms-a.example'];
    const poser = { subject: 'CN=poser', alternativeNames, keyPair, ...AROUND_NOON };
    const asClient = await authority.issueIdentity({ ...poser, usage: 'client' });
    const asBoth = await authority.issueIdentity({ ...poser, usage: 'server-and-client' });
    const unsaid = await authority.issueIdentity(poser);
    const judge = (who: TlsIdentity) => verifyPeer(who.chain, trusting(authority), NOON_MS, 'kms-a.example');
    expect(await refusal(judge(asClient))).toBe('WRONG_USAGE');
    await expect(judge(asBoth)).resolves.toBeDefined();
    await expect(judge(unsaid)).resolves.toBeDefined();
  });

  it('a name that hides a second one behind a comma', async () => {
    const [keys] = await Promise.all([freshKeys()]);
    const names = new x509.SubjectAlternativeNameExtension([new x509.GeneralName('dns', 'evil, DNS:kms-a.example')]);
    const tricky = await forge({ issuer: { subject: 'CN=x', keys }, subject: 'CN=x', keys, extensions: [names] });
    const trust = { pins: [tricky], authorities: [] };
    expect((await verifyPeer([tricky], trust, NOON_MS)).alternativeNames).toEqual(['dns:evil, DNS:kms-a.example']);
    expect(await refusal(verifyPeer([tricky], trust, NOON_MS, 'kms-a.example'))).toBe('WRONG_NAME');
  });
});

describe('peerJudge', () => {
  it('remembers who signed whom, and forgets no date', async () => {
    const clock = { ...standingClock() };
    const judge = peerJudge(trusting(authority), clock);
    const first = await judge(server.chain);
    expect(await judge(server.chain)).toBe(first);
    clock.nowMs = AROUND_NOON.notAfterMs + 1;
    expect(await refusal(judge(server.chain))).toBe('EXPIRED');
  });

  it('remembers no refusal as trust', async () => {
    const judge = peerJudge(trusting(namesake), standingClock());
    expect(await refusal(judge(server.chain))).toBe('UNKNOWN_ISSUER');
    expect(await refusal(judge(server.chain))).toBe('UNKNOWN_ISSUER');
  });
});
