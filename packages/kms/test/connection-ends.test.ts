// What becomes of a request whose client sends no more, or is gone, and of one that comes late.

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import tls from 'node:tls';
import { attribute, decodeTtlv, encodeTtlv, Operation, Tag } from '@vcryptsim/kmip-lite';
import { KeyServer } from '@vcryptsim/kms';
import { selfSign } from '@vcryptsim/pki';
import type { KeyPair, KeyPairSource, KeyServerName } from '@vcryptsim/ports';
import { SystemClock, SystemEntropy, SystemKeyPairs, TlsNetwork } from '@vcryptsim/ports/os';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { requestTree } from '../../kmip-lite/src/message/request-message.js';
import { operationCodec } from '../../kmip-lite/src/operations/operation-codecs.js';
import { BadPeer, withBadPeers } from './bad-input/bad-peer.js';
import { ask, createPayload } from './bad-input/raw-ttlv.js';
import { AES_256, locate, withSession } from './support/session.js';

const DAY_MS = 86_400_000;

/** A server on a port of this machine, and one client's TLS options. */
async function withPort(
  keyPairs: KeyPairSource,
  work: (o: { options: tls.ConnectionOptions; server: KeyServer }) => Promise<void>,
): Promise<void> {
  const clock = new SystemClock();
  const entropy = new SystemEntropy();
  const network = new TlsNetwork(clock);
  const world = { folder: '/kms', files: new MemoryFileSystem(), clock, entropy, keyPairs };
  const server = await KeyServer.open({ ...world, events: { emit: () => {} } });
  const keyPair = await new SystemKeyPairs(clock).generate('ec-p256');
  const validity = { notBeforeMs: clock.nowMs - DAY_MS, notAfterMs: clock.nowMs + DAY_MS };
  const { chain, privateKey } = await selfSign({ subject: 'CN=c', keyPair, entropy, clock, ...validity });
  await server.addClient({ name: 'client', certificate: chain[0]! });
  const nodeName = 'kms' as KeyServerName;
  const { address } = await server.listen({ network, address: { host: '127.0.0.1', port: 0 }, nodeName });
  const ca = new X509Certificate(server.pki.authority.certificate).toString();
  const cert = new X509Certificate(chain[0]!).toString();
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  try {
    await work({ server, options: { ...address, ca, cert, key, allowHalfOpen: true } as tls.ConnectionOptions });
  } finally {
    await server.close();
    await network.dispose();
  }
}

describe('a client', () => {
  it('may wait for 300 s before its first request, as between two', () =>
    withBadPeers(async (lab) => {
      const [patient, late] = [await BadPeer.open(lab), await BadPeer.open(lab)];
      await lab.clock.after(299_000);
      expect((await patient.ask(ask('DiscoverVersions')))?.items).toMatchObject([{ outcome: 'Success' }]);
      await lab.clock.after(2_000);
      await late.send(ask('DiscoverVersions')).catch(() => {});
      expect(await late.answer()).toBeNull();
      await patient.end();
    }));

  it('that sends its end behind its request gets its answer, then the end', () =>
    withPort(new SystemKeyPairs(new SystemClock()), async ({ options, server }) => {
      const socket = tls.connect(options);
      await once(socket, 'secureConnect');
      const pieces: Buffer[] = [];
      socket.on('data', (piece: Buffer) => pieces.push(piece));
      socket.end(ask('Create', ...createPayload()));
      await once(socket, 'end');
      const answer = decodeTtlv(new Uint8Array(Buffer.concat(pieces)));
      expect(answer.tag).toBe(Tag.ResponseMessage);
      expect(server.clients().length).toBe(1);
      expect((await server.administrator.perform<'key.list'>({ action: 'key.list' })).length).toBe(1);
      socket.destroy();
    }));

  it('that is gone has no key pairs made for it any more, and the server ends without waiting for them', async () => {
    const system = new SystemKeyPairs(new SystemClock());
    let started = () => {};
    const isStarted = new Promise<void>((resolve) => {
      started = resolve;
    });
    const asked: string[] = [];
    const endless: KeyPairSource = {
      generate: (kind, signal) => {
        if (kind !== 'rsa-4096') return system.generate(kind);
        asked.push(kind);
        started();
        return new Promise<KeyPair>((_, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('given up')), { once: true });
        });
      },
    };
    await withPort(endless, async ({ options, server }) => {
      const socket = tls.connect(options);
      await once(socket, 'secureConnect');
      const pair = [attribute('Cryptographic Algorithm', 'RSA'), attribute('Cryptographic Length', 4096)];
      socket.write(messageOf(Array.from({ length: 20 }, () => pair)));
      await isStarted;
      socket.destroy();
      // The first is given up, and the others are not begun: closing waits for what is under way.
      await server.close();
      expect(asked).toEqual(['rsa-4096']);
      expect(server.faults).toBe(0);
    });
  });
});

describe('an answer', () => {
  it('that would not fit makes no key: neither alone nor behind others that took the room', () =>
    withSession(async (session) => {
      const create = { operation: 'Create', payload: aesPayload() } as const;
      const few = { maximumResponseSizeBytes: 200 };
      const alone = await session.exchange([create], (results) => results.map((one) => reasonIn(one)), few);
      expect(alone).toEqual(['ResponseTooLarge']);
      expect(await locate(session, [])).toEqual([]);
      const two = { maximumResponseSizeBytes: 330, errorContinuation: 'Continue' } as const;
      const both = await session.exchange([create, create], (results) => results.map((one) => reasonIn(one)), two);
      expect(both).toEqual(['ok', 'ResponseTooLarge']);
      expect((await locate(session, [])).length).toBe(1);
    }));
});

const reasonIn = (one: { status: string; reason?: string }): string =>
  one.reason ?? (one.status === 'Success' ? 'ok' : '?');

function aesPayload() {
  const { algorithm, lengthBits, usageMask } = AES_256;
  const attributes = [
    attribute('Cryptographic Algorithm', algorithm),
    attribute('Cryptographic Length', lengthBits),
    attribute('Cryptographic Usage Mask', usageMask),
  ];
  return { objectType: 'SymmetricKey', templateAttribute: { attributes } } as const;
}

/** One message of Create Key Pair for each list of attributes. */
function messageOf(pairs: readonly (readonly ReturnType<typeof attribute>[])[]): Uint8Array {
  const items = pairs.map((attributes, at) => ({
    operation: Operation.CreateKeyPair,
    uniqueBatchItemId: Uint8Array.of(at),
    payload: operationCodec('CreateKeyPair').request.encode({ common: { attributes } }),
  }));
  return encodeTtlv(requestTree({ header: { version: { major: 1, minor: 1 } }, items }));
}
