import { CHECK_PROFILES, type CheckReport, checkKeyServer, junitCheckReport, KMIP_CHECKS } from '@vcryptsim/kmip-check';
import { ClientPassword, KeyServer, writeCertificates } from '@vcryptsim/kms';
import type { KeyServerName } from '@vcryptsim/ports';
import { TlsNetwork } from '@vcryptsim/ports/os';
import { MemoryFileSystem, VirtualClock } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import {
  checked,
  clientPair,
  der,
  entropy,
  identityOf,
  renewedPair,
  START_MS,
  serverPair,
  strangerPair,
} from './support/checked.js';
import type { Flaw } from './support/flaws.js';

const outcomesOf = ({ results }: CheckReport) =>
  Object.fromEntries(results.map(({ name, outcome }) => [name, outcome]));
const resultOf = ({ results }: CheckReport, name: string) => results.find((result) => result.name === name);
const notPassed = ({ results }: CheckReport) =>
  results
    .filter(({ outcome }) => outcome === 'fail' || outcome === 'tolerated')
    .map(({ name, outcome }) => `${name}: ${outcome}`);

const credential = () => ({ username: 'vSphere', password: new TextEncoder().encode('open sesame') });

describe('kmip check', () => {
  it('[S14] passes the key server of this project over real mutual TLS, restart included, and leaves no key', async () => {
    const clock = new VirtualClock({ startMs: START_MS });
    const network = new TlsNetwork(clock);
    await clock.run(async () => {
      const files = new MemoryFileSystem();
      const keyPairs = { generate: async () => serverPair };
      let incarnation = 0;
      const open = async (): Promise<KeyServer> => {
        incarnation += 1;
        const events = { emit: () => {} };
        const own = { folder: '/kms', entropy: entropy.fork('kms', incarnation), alternativeNames: ['kms'] };
        const opened = await KeyServer.open({ files, clock, events, keyPairs, ...own });
        for (const name of ['kms', 'kms-2']) {
          await opened.listen({ network, address: { name }, nodeName: name as KeyServerName });
        }
        return opened;
      };
      let server = await open();
      const identity = await identityOf(clock, 'CN=vc', clientPair);
      await server.addClient({ name: 'vcenter', certificate: der(identity) });
      const renewed = await identityOf(clock, 'CN=vc', renewedPair);
      await writeCertificates(files, '/kms/clients/vcenter/cert.pem', [der(identity), der(renewed)]);
      await server.close();
      server = await open();
      const username = 'vSphere';
      const password = () => new TextEncoder().encode('open sesame');
      const record = ClientPassword.record({ username, password: password(), entropy: entropy.fork('password', 1) });
      await server.setPassword({ name: 'vcenter', record });
      const report = await checkKeyServer({
        ...{ address: { name: 'kms' }, identity, trusted: [server.pki.authority.certificate] },
        credential: { username, password: password() },
        ...{ profile: CHECK_PROFILES['vcenter-7.0.3'], network, clock, timeoutMs: 30_000 },
        ...{ hosts: 64, polls: 3, pollIntervalMs: 1_000, restartLimitMs: 60_000 },
        ...{ only: null, evidence: null, stranger: await identityOf(clock, 'CN=vc', strangerPair) },
        ...{ renewed, nodes: [{ name: 'kms-2' }] },
        restart: async () => {
          await server.close();
          server = await open();
        },
      });
      expect(report.results.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
      expect(report).toMatchObject({ status: 'passed', keysLeft: [], counts: { pass: KMIP_CHECKS.length, fail: 0 } });
      await server.close();
    });
    await network.dispose();
  });

  it('passes a foreign server without flaws', async () => {
    const { report } = await checked([], () => ({ credential: credential() }));
    expect(report.results.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
    expect(report.keysLeft).toEqual([]);
  });

  // Each flaw, what it spoils, and where the report says that it is.
  it.each<[Flaw, string[], string, { message: string; field: string }]>([
    ['no State', ['state-readable: fail'], 'state-readable', { message: 'Get Attributes', field: 'State' }],
    [
      'Add Attribute refused item by item',
      ['tag-key: tolerated'],
      'tag-key',
      { message: 'batch of 3 Add Attribute', field: 'Result Reason' },
    ],
    [
      'Add Attribute refused as a whole',
      ['tag-key: tolerated'],
      'tag-key',
      { message: 'batch of 3 Add Attribute', field: 'Result Reason' },
    ],
    [
      'Add Attribute ends the connection',
      ['tag-key: fail'],
      'tag-key',
      { message: 'batch of 3 Add Attribute', field: 'connection' },
    ],
    ['keys of 128 bits', ['get-key: fail'], 'get-key', { message: 'Get', field: 'Cryptographic Length' }],
    ['keys wrapped', ['get-key: fail'], 'get-key', { message: 'Get', field: 'Key Wrapping Data' }],
    ['keys transparent', ['get-key: fail'], 'get-key', { message: 'Get', field: 'Key Format Type' }],
    ['another key each time', ['reuse-key: fail'], 'reuse-key', { message: 'Get', field: 'Key Material' }],
    ['another ID answered', ['get-key: fail'], 'get-key', { message: 'Get', field: 'Response Message' }],
    [
      'General Failure for a missing key',
      ['missing-key: tolerated', 'destroyed-key: tolerated'],
      'missing-key',
      { message: 'Get', field: 'Result Reason' },
    ],
    [
      'a key for every ID',
      ['missing-key: fail', 'destroyed-key: fail'],
      'missing-key',
      { message: 'Get', field: 'Result Status' },
    ],
    [
      'Revoke without effect',
      ['deactivated-key: fail'],
      'deactivated-key',
      { message: 'Get Attributes', field: 'State' },
    ],
    ['Destroy without effect', ['destroyed-key: fail'], 'destroyed-key', { message: 'Get', field: 'Result Status' }],
    [
      'forgets keys at a restart',
      ['server-restart: fail'],
      'server-restart',
      { message: 'Get', field: 'Result Reason' },
    ],
    [
      'four connections at most',
      ['boot-storm: fail'],
      'boot-storm',
      { message: 'Discover Versions', field: 'connection' },
    ],
    [
      'Query refused',
      ['query-server-information: tolerated'],
      'query-server-information',
      { message: 'Query', field: 'Result Reason' },
    ],
    [
      'only 1.0 named',
      ['discover-versions: tolerated'],
      'discover-versions',
      { message: 'Discover Versions', field: 'Protocol Version' },
    ],
    [
      'dies of an empty connection',
      ['empty-connections: fail'],
      'empty-connections',
      { message: 'TLS handshake', field: 'connection' },
    ],
  ])('a server with the flaw %j', async (flaw, differing, name, place) => {
    const { report } = await checked([flaw]);
    const found = notPassed(report);
    expect(found.slice(0, differing.length)).toEqual(differing);
    expect(resultOf(report, name)).toMatchObject({ place, vcenter: expect.stringMatching(/\.$/) });
    expect(report.status).toBe(differing.some((each) => each.endsWith('fail')) ? 'failed' : 'passed');
  });

  it('says how Add Attribute was refused', async () => {
    const whole = resultOf((await checked(['Add Attribute refused as a whole'])).report, 'tag-key');
    expect(whole?.says).toMatch(/^Invalid Message, for the message as a whole/);
    const single = resultOf((await checked(['Add Attribute refused item by item'])).report, 'tag-key');
    expect(single?.says).toBe('Operation Not Supported.');
  });

  it('tells a server that insists on clientAuth, and one that answers so', async () => {
    const cut = (await checked(['insists on clientAuth'])).report;
    expect(outcomesOf(cut)).toMatchObject({
      trust: 'pass',
      'client-certificate-usage': 'fail',
      'discover-versions': 'fail',
    });
    expect(resultOf(cut, 'discover-versions')?.says).toContain('refuses the client certificate');
    const told = (await checked(['authentication fails'])).report;
    expect(resultOf(told, 'client-certificate-usage')).toMatchObject({
      outcome: 'fail',
      place: { message: 'Discover Versions', field: 'Result Reason' },
      says: expect.stringContaining('Authentication Not Successful'),
    });
    expect(cut.counts['not tried']).toBeGreaterThan(10);
  });

  it('does not claim to have tried a certificate without usage when the one that is given has a usage', async () => {
    const { report } = await checked(['insists on clientAuth'], undefined, { clientUsage: 'client' });
    expect(resultOf(report, 'client-certificate-usage')?.outcome).toBe('not tried');
    expect(report).toMatchObject({ status: 'passed', counts: { 'not tried': 3, fail: 0 } });
  });

  it('tries neither Revoke nor Destroy twice where they are not served, and names the keys that stay', async () => {
    const { report } = await checked(['no Revoke and Destroy']);
    expect(outcomesOf(report)).toMatchObject({ 'deactivated-key': 'not tried', 'destroyed-key': 'not tried' });
    expect(resultOf(report, 'deactivated-key')?.says).toContain('Operation Not Supported');
    expect(report).toMatchObject({ status: 'passed', keysLeft: ['1', '2', '3', '5', '6', '4'] });
  });

  it('waits for a silent server no longer than its time-out', async () => {
    const { report } = await checked(['silent']);
    expect(resultOf(report, 'discover-versions')).toMatchObject({
      outcome: 'fail',
      place: { message: 'Discover Versions', field: 'connection' },
      durationMs: 30_000,
    });
  });

  it('sends nothing to a server that shows another certificate', async () => {
    const { report, server } = await checked(['silent'], (o) => ({
      trusted: [der(o.identity)],
      credential: { username: 'vSphere', password: new TextEncoder().encode('secret') },
    }));
    expect(resultOf(report, 'trust')).toMatchObject({ outcome: 'fail', place: { field: 'server certificate' } });
    expect(report.counts).toMatchObject({ fail: 1, 'not tried': KMIP_CHECKS.length - 1 });
    expect(server.connections).toBe(1);
    expect(server.credentials.size).toBe(0);
  });

  it('tolerates a certificate for another name, as vCenter pins it', async () => {
    const { report } = await checked([], undefined, { serverName: 'elsewhere' });
    expect(resultOf(report, 'trust')).toMatchObject({
      outcome: 'tolerated',
      place: { field: 'Subject Alternative Name' },
    });
    expect(report.counts).toMatchObject({ tolerated: 1, fail: 0 });
  });

  it('sends the credential, and does not restart what nobody asked it to restart', async () => {
    const { report, server } = await checked([], () => ({
      credential: { username: 'vSphere', password: new TextEncoder().encode('open sesame') },
      restart: null,
    }));
    expect(report.status).toBe('passed');
    // After the right one one wrong password, and one other user.
    expect([...server.credentials]).toEqual([
      'vSphere:open sesame',
      'vSphere:xxxxxxxxxxx',
      'vSphere-of-kmip-check:open sesame',
    ]);
    expect(outcomesOf(report)['server-restart']).toBe('not tried');
  });

  it('fails as a whole where nobody listens', async () => {
    await expect(checked([], () => ({ address: { name: 'nobody' } }))).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('makes JUnit of it: failures with place and consequence, what was not tried skipped, what is tolerated passed', async () => {
    const { report } = await checked(['no State', 'Add Attribute refused item by item']);
    const xml = junitCheckReport(report);
    expect(xml).toContain(`tests="${KMIP_CHECKS.length}" failures="1" skipped="${report.counts['not tried']}"`);
    expect(xml.match(/<testcase /g)).toHaveLength(KMIP_CHECKS.length);
    expect(xml).toMatch(
      /name="state-readable"[^>]*><failure message="Get Attributes, State: [^"]*">[^<]*\nvCenter says/,
    );
    expect(xml).toMatch(
      /name="tag-key"[^>]*><properties>.*value="tolerated".*<system-out>tolerated: batch of 3 Add Attribute/,
    );
    expect(xml).toMatch(/name="activate-key"[^>]*><skipped message="It needs state-readable/);
  });
});
