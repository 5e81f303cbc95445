// OpenSSL's own client against `kms serve`: which TLS it may speak, and who gets no answer.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateToPem, privateKeyToPem, selfSign } from '@vcryptsim/pki';
import { SystemClock, SystemEntropy, SystemKeyPairs } from '@vcryptsim/ports/os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../support/left-out.js';
import { type RunningCli, runCli, startServer } from '../support/run-cli.js';

const DAY_MS = 86_400_000;
/** A refused client is told nothing: what it waits for is the end of the connection. */
const PATIENCE_MS = 20_000;

/** Discover Versions in an empty payload, KMIP 1.1: 42 00 78 ..., written by hand from KMIP 1.1 sections 4.26 and 9.1. */
const DISCOVER_VERSIONS = Buffer.from(
  [
    '42007801 00000060',
    ...['42007701 00000038', '42006901 00000020'],
    ...['42006a02 00000004 00000001 00000000', '42006b02 00000004 00000001 00000000'],
    '42000d02 00000004 00000001 00000000',
    ...['42000f01 00000018', '42005c05 00000004 0000001e 00000000', '42007901 00000000'],
  ]
    .join('')
    .replaceAll(' ', ''),
  'hex',
);
const RESPONSE_MESSAGE = 0x42007b;

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) leftOut('interop with openssl s_client', 'openssl is not installed');

interface Conversation {
  /** What came from the server above TLS. */
  readonly answer: Buffer;
  /** True when the server ended the connection, false when we had our answer first. */
  readonly closed: boolean;
  /** What s_client tells of the connection. */
  readonly report: string;
}

describe.runIf(hasOpenssl)("openssl's s_client", () => {
  let folder: string;
  let server: RunningCli;
  const at = (...names: string[]) => join(folder, ...names);
  const identity = (name: string) => ['-cert', at(name, 'cert.pem'), '-key', at(name, 'key.pem')];

  /** Connects, asks Discover Versions, and waits for an answer or for the end. Trusts the lab's authority. */
  function converse(
    words: readonly string[],
    { ready, trusted = at('client', 'ca.pem') }: { ready?: RunningCli['ready']; trusted?: string } = {},
  ): Promise<Conversation> {
    const { host, port } = ready ?? server.ready;
    const target = ['-connect', `${host}:${port}`, '-CAfile', trusted, '-verify_return_error'];
    const child = spawn('openssl', ['s_client', '-brief', '-ign_eof', ...target, ...words]);
    let answer = Buffer.alloc(0);
    let report = '';
    let answered = false;
    child.stderr.on('data', (data) => (report += data));
    child.stdin.on('error', () => {});
    child.stdin.write(DISCOVER_VERSIONS);
    const patience = setTimeout(() => child.kill(), PATIENCE_MS);
    child.stdout.on('data', (data) => {
      answer = Buffer.concat([answer, data]);
      answered = answer.length >= 8 && answer.length >= 8 + answer.readUInt32BE(4);
      if (answered) child.kill();
    });
    return new Promise((resolve) => {
      child.on('close', (_, signal) => {
        clearTimeout(patience);
        resolve({ answer, report, closed: !answered && signal === null });
      });
    });
  }

  /** Makes a self-signed identity, and registers it unless it shall stay unknown. */
  async function selfSigned(name: string, o: { fromMs: number; toMs: number; known: boolean }): Promise<void> {
    const clock = new SystemClock();
    const keyPair = await new SystemKeyPairs(clock).generate('rsa-2048');
    const validity = { notBeforeMs: clock.nowMs + o.fromMs, notAfterMs: clock.nowMs + o.toMs };
    const entropy = new SystemEntropy();
    const { chain } = await selfSign({ subject: `CN=${name}`, keyPair, entropy, clock, ...validity });
    const folderOf = at(name);
    mkdirSync(folderOf);
    writeFileSync(at(name, 'cert.pem'), certificateToPem(chain[0] ?? new Uint8Array()));
    writeFileSync(at(name, 'key.pem'), privateKeyToPem(keyPair.privateKey));
    if (!o.known) return;
    const words = ['kms', 'client', 'add', name, '--dir', at('kms'), '--cert', at(name, 'cert.pem')];
    expect(await runCli(words)).toMatchObject({ exitCode: 0 });
  }

  const refusals = (): string[] =>
    readFileSync(at('kms', 'audit.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; code?: string })
      .filter(({ event }) => event === 'REFUSAL')
      .map(({ code }) => code ?? '');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-openssl-'));
    const added = await runCli(['kms', 'client', 'add', 'openssl', '--dir', at('kms'), '--out', at('client')]);
    expect(added.exitCode).toBe(0);
    // It was good when it was registered: an expired one is not taken.
    await selfSigned('late', { fromMs: -2 * DAY_MS, toMs: -DAY_MS, known: false });
    mkdirSync(at('kms', 'clients', 'late'));
    copyFileSync(at('late', 'cert.pem'), at('kms', 'clients', 'late', 'cert.pem'));
    server = await startServer(['kms', 'serve', '--dir', at('kms'), '--listen', '127.0.0.1:0']);
    await selfSigned('stranger', { fromMs: -DAY_MS, toMs: DAY_MS, known: false });
    await selfSigned('former', { fromMs: -DAY_MS, toMs: DAY_MS, known: true });
    expect(await runCli(['kms', 'client', 'revoke', 'former', '--dir', at('kms')])).toMatchObject({ exitCode: 0 });
    await selfSigned('early', { fromMs: DAY_MS, toMs: 2 * DAY_MS, known: true });
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    [
      'TLS 1.2 with RSA key exchange and CBC, as a real vCenter 7.0.3',
      ['-tls1_2', '-cipher', 'AES128-SHA256'],
      'TLSv1.2',
      'AES128-SHA256',
    ],
    ['TLS 1.2 with CBC of 256 bits', ['-tls1_2', '-cipher', 'AES256-SHA256'], 'TLSv1.2', 'AES256-SHA256'],
    [
      'TLS 1.2 with ECDHE and CBC',
      ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-SHA256'],
      'TLSv1.2',
      'ECDHE-RSA-AES128-SHA256',
    ],
    [
      'TLS 1.2 with GCM',
      ['-tls1_2', '-cipher', 'ECDHE-RSA-AES256-GCM-SHA384'],
      'TLSv1.2',
      'ECDHE-RSA-AES256-GCM-SHA384',
    ],
    ['TLS 1.3', ['-tls1_3'], 'TLSv1.3', 'TLS_AES_256_GCM_SHA384'],
  ])('[S14] is answered over %s', async (_, words, protocol, suite) => {
    const { answer, report } = await converse([...identity('client'), ...words]);
    expect(report).toContain(`Protocol version: ${protocol}`);
    expect(report).toContain(`Ciphersuite: ${suite}`);
    expect(answer.readUIntBE(0, 3)).toBe(RESPONSE_MESSAGE);
  });

  it.each([['-tls1'], ['-tls1_1']])('gets no connection with %s, and that is audited', async (version) => {
    const before = refusals();
    const { answer, closed } = await converse([...identity('client'), version, '-cipher', 'ALL:@SECLEVEL=0']);
    expect(answer).toHaveLength(0);
    expect(closed).toBe(true);
    // Nobody waits for this line: it may come after the connection has ended.
    await expect.poll(() => refusals().slice(before.length), { timeout: PATIENCE_MS }).toEqual(['NO_HANDSHAKE']);
  });

  describe.each([['-tls1_2'], ['-tls1_3']])('with %s and', (version) => {
    it.each([
      ['no certificate', null, 'NO_CERTIFICATE'],
      ['an unknown one', 'stranger', 'CLIENT_UNKNOWN'],
      ['an expired one', 'late', 'EXPIRED'],
      ['a revoked one', 'former', 'REVOKED'],
      ['one that is not yet valid', 'early', 'NOT_YET_VALID'],
    ])('%s is sent away before any answer, and audited', async (_, name, code) => {
      const before = refusals();
      const { answer, closed } = await converse([...(name === null ? [] : identity(name)), version]);
      expect(answer).toHaveLength(0);
      expect(closed).toBe(true);
      expect(refusals().slice(before.length)).toEqual([code]);
    });
  });

  describe('of a server that is served with --ec', () => {
    let withEc: RunningCli;
    const converseEc = (words: readonly string[], trusted = at('client', 'ca.pem')) =>
      converse([...identity('client'), ...words], { ready: withEc.ready, trusted });
    const serve = (...words: string[]) =>
      startServer(['kms', 'serve', '--dir', at('kms'), '--listen', '127.0.0.1:0', ...words]);
    const filesOfPki = () =>
      new Map(
        ['ca.pem', 'ca.key', 'server.pem', 'server.key'].map((name) => [name, readFileSync(at('kms', 'pki', name))]),
      );
    let before: ReturnType<typeof filesOfPki>;

    // The folder is one of before: it has no EC certificate yet, and its RSA one is known to clients.
    beforeAll(async () => {
      await server.stop();
      before = filesOfPki();
      withEc = await serve('--ec');
    });
    afterAll(async () => {
      await withEc?.stop();
    });

    it.each([
      ['RSA', 'with RSA key exchange, as a real vCenter 7.0.3', ['-tls1_2', '-cipher', 'AES128-SHA256']],
      ['RSA', "with PyKMIP's best suites", ['-tls1_2', '-cipher', 'AES128-SHA256:AES256-SHA256']],
      ['RSA', 'with ECDHE-RSA', ['-tls1_2', '-cipher', 'ECDHE-RSA-AES256-GCM-SHA384']],
      ['EC', 'with ECDHE-ECDSA', ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256']],
      ['EC', 'with TLS 1.2 and all suites', ['-tls1_2']],
      ['EC', 'with TLS 1.3', ['-tls1_3']],
      ['RSA', 'with TLS 1.3 and signatures of RSA only', ['-tls1_3', '-sigalgs', 'rsa_pss_rsae_sha256:RSA+SHA256']],
    ])('shows its %s certificate to a client %s', async (kind, _, words) => {
      const { answer, report } = await converseEc(words);
      expect(answer.readUIntBE(0, 3)).toBe(RESPONSE_MESSAGE);
      expect(report).toContain('Verification: OK');
      // A suite of RSA key exchange has no signature of the server, and its name begins with the cipher.
      const shown = /Signature type: ECDSA/.test(report) ? 'EC' : /(Signature type: RSA|Ciphersuite: AES)/.exec(report);
      expect(shown === 'EC' ? 'EC' : shown && 'RSA', report).toBe(kind);
    });

    it('keeps authority and RSA certificate as they were, and says at its start who may refuse the other', () => {
      expect(filesOfPki()).toEqual(before);
      expect(withEc.stderr()).toContain('one that trusts only pki/server.pem may refuse it');
      expect(server.stderr()).not.toContain('EC certificate');
    });

    it('is refused by a client that trusts the RSA certificate alone and can verify the other: so it is no default', async () => {
      const pinned = ['-partial_chain', '-tls1_3'];
      const trusted = at('kms', 'pki', 'server.pem');
      expect((await converseEc(pinned, trusted)).answer).toHaveLength(0);
      expect(
        (await converseEc(['-partial_chain', '-tls1_2', '-cipher', 'AES128-SHA256'], trusted)).answer,
      ).not.toHaveLength(0);
    });
  });
});
