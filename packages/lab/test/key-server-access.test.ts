// A client certificate and a private key that do not fit: a chain in the wrong order is told from a wrong key.
import { generateKeyPairSync } from 'node:crypto';
import { certificateToPem, privateKeyToPem, selfSign } from '@vcryptsim/pki';
import { type Clock, type Entropy, replaceFile } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { readKeyServerAccess } from '../src/racks/key-server-access.js';

const files = new MemoryFileSystem();
const draw = (lengthBytes: number) => Uint8Array.from({ length: lengthBytes }, (_, at) => at + 1);
const entropy: Entropy = { secret: draw, public: draw, fork: () => entropy };
const clock = {
  nowMs: Date.UTC(2026, 0, 1),
  task: (_label: string, work: () => unknown) => work(),
} as unknown as Clock;
const paths = { cert: '/chain.pem', key: '/own.key', ca: '/own.pem' };
const pems = new Map<string, string>();
const put = (path: string, text: string) => replaceFile(files, path, new TextEncoder().encode(text));

beforeAll(async () => {
  for (const name of ['own', 'issuer']) {
    const keyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const life = { notBeforeMs: clock.nowMs, notAfterMs: clock.nowMs + 86_400_000 };
    const { chain } = await selfSign({ subject: `CN=${name}`, keyPair, clock, entropy, ...life });
    pems.set(name, certificateToPem(chain[0] ?? new Uint8Array(0)));
    await put(`/${name}.pem`, pems.get(name) ?? '');
    await replaceFile(files, `/${name}.key`, privateKeyToPem(keyPair.privateKey));
  }
});

describe('a client certificate and a private key', () => {
  it('fit when the certificate comes first', async () => {
    await put('/chain.pem', `${pems.get('own')}${pems.get('issuer')}`);
    expect((await readKeyServerAccess(files, paths)).identity.chain).toHaveLength(2);
  });

  it('are told apart: the chain begins with an issuer', async () => {
    await put('/chain.pem', `${pems.get('issuer')}${pems.get('own')}`);
    await expect(readKeyServerAccess(files, paths)).rejects.toThrow(
      'The private key in /own.key is that of certificate 2 of /chain.pem. Put that certificate first, then its issuers.',
    );
  });

  it('are told apart: the key is that of none', async () => {
    await put('/chain.pem', pems.get('issuer') ?? '');
    await expect(readKeyServerAccess(files, paths)).rejects.toThrow(
      'The private key in /own.key is not that of /chain.pem.',
    );
  });
});
