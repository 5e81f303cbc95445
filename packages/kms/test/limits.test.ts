// Limits of facts/reliability.md section 3.2 that no row of the bad-input table stands for.
import { once } from 'node:events';
import net from 'node:net';
import { KeyServer } from '@vcryptsim/kms';
import { type KeyServerName, readWhole } from '@vcryptsim/ports';
import { SystemClock, SystemEntropy, SystemKeyPairs, TlsNetwork } from '@vcryptsim/ports/os';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { BadPeer, withBadPeers } from './bad-input/bad-peer.js';
import { ask } from './bad-input/raw-ttlv.js';
import { Lab } from './support/lab.js';

const auditOf = async (files: MemoryFileSystem | Lab['files']): Promise<Record<string, unknown>[]> =>
  new TextDecoder()
    .decode(await readWhole(files, '/kms/audit.jsonl', 1e7))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('limits', () => {
  it('refuses more than 16 KiB of certificates, audited, and takes what is just below', async () => {
    await Lab.run(async (lab) => {
      const server = await lab.serve();
      const identity = await lab.selfSigned();
      const [leaf] = identity.chain;
      await server.addClient({ name: 'vcenter', certificate: leaf! });
      const copies = Math.floor((16 * 1024) / leaf!.length);
      const showing = (count: number) =>
        lab.client(server, { ...identity, chain: Array.from({ length: count }, () => leaf!) });
      expect(await showing(copies).session((session) => session.discoverVersions())).toContainEqual({
        major: 1,
        minor: 1,
      });
      await expect(showing(copies + 1).session((session) => session.discoverVersions())).rejects.toThrow();
      expect(await auditOf(lab.files)).toContainEqual(
        expect.objectContaining({ event: 'REFUSAL', code: 'CLIENT_CHAIN_TOO_LONG' }),
      );
      await server.close();
    });
  });

  it('ends a client that sends each message just within its time, over and over', async () => {
    await withBadPeers(async (lab) => {
      const message = ask('DiscoverVersions');
      const peer = await BadPeer.open(lab);
      /** Sends one message in two halves, so far apart. */
      const drip = async (pauseMs: number): Promise<boolean> => {
        await peer.send(message.subarray(0, 20));
        await lab.clock.after(pauseMs);
        await peer.send(message.subarray(20)).catch(() => {});
        return (await peer.answer()) !== null;
      };
      expect(await drip(9_000)).toBe(true);
      // Of its ten seconds it has used up nine, but for what its bytes may take at 1 KiB/s.
      const leftMs = 1000 + (message.length / 1024) * 1000;
      expect(await drip(leftMs + 100)).toBe(false);
    });
  });

  it('lets a client that was slow once make it good by being quick', async () => {
    await withBadPeers(async (lab) => {
      const message = ask('DiscoverVersions');
      const peer = await BadPeer.open(lab);
      for (let round = 0; round < 5; round += 1) {
        await peer.send(message.subarray(0, 20));
        await lab.clock.after(5_000);
        expect((await peer.ask(message.subarray(20)))?.items).toMatchObject([{ outcome: 'Success' }]);
        const quick = Math.ceil((5 * 1024) / message.length);
        for (let count = 0; count < quick; count += 1) expect(await peer.ask(message)).not.toBeNull();
      }
      await peer.end();
    });
  });

  it('notes connections that never shook hands, every one of them counted', async () => {
    const clock = new SystemClock();
    const network = new TlsNetwork(clock);
    const files = new MemoryFileSystem();
    const world = { folder: '/kms', files, clock, entropy: new SystemEntropy(), keyPairs: new SystemKeyPairs(clock) };
    const server = await KeyServer.open({ ...world, events: { emit: () => {} } });
    const nodeName = 'kms' as KeyServerName;
    const { address } = await server.listen({ network, address: { host: '127.0.0.1', port: 0 }, nodeName });
    const strangers = Array.from({ length: 40 }, () => net.connect(address.port, '127.0.0.1'));
    await Promise.all(strangers.map((socket) => once(socket, 'connect')));
    for (const socket of strangers) socket.on('error', () => {}).end('GET / HTTP/1.1\r\n\r\n');
    await Promise.all(strangers.map((socket) => once(socket.resume(), 'close')));
    const counted = async () => {
      const noted = (await auditOf(files)).filter(({ code, node }) => code === 'NO_HANDSHAKE' && node === 'kms');
      return noted.reduce((sum, { count }) => sum + Number(count), 0);
    };
    await expect.poll(counted).toBe(40);
    await server.close();
    await network.dispose();
  });
});
