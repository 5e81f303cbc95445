// A restore that is cut at any moment: the folder is refused by the next start, or it is whole.
import { KeyServer, restoreBackup } from '@vcryptsim/kms';
import type { KeyPairSource } from '@vcryptsim/ports';
import { CrashLog, crashStates, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { cutsOfFrames } from '../support/cuts-of-frames.js';
import { Lab } from '../support/lab.js';
import { entropyOf } from '../support/world.js';

const AES_256 = { algorithm: 'AES', lengthBits: 256, usageMask: 0x0c } as const;
const KEYS = 3;

describe('restore', () => {
  it('leaves no half of a key server that would be served, wherever it is cut', async () => {
    const memory = new MemoryFileSystem();
    const work = async (lab: Lab) => {
      const server = await lab.serve();
      const client = await lab.registered(server);
      await client.session(async (session) => {
        for (let count = 0; count < KEYS; count += 1) await session.create(AES_256);
      });
      await server.backUp('/safe/b.tar');
      await server.close();

      const log = new CrashLog(memory);
      const { clock } = lab;
      const rootKeyPath = '/kms/root.key';
      const restored = { files: log.files, clock, entropy: entropyOf(7), from: '/safe/b.tar', folder: '/new' };
      await restoreBackup({ ...restored, rootKeyPath });

      const pair = await lab.keyPairs.generate('rsa-2048');
      const keyPairs: KeyPairSource = { generate: async () => pair };
      let served = 0;
      let refused = 0;
      for (const { files, name, afterOperation } of crashStates(log, { tornAt: cutsOfFrames, sample: 200 })) {
        const world = { folder: '/new', files, clock, keyPairs, rootKeyPath, events: { emit: () => {} } };
        const opened = await KeyServer.open({ ...world, entropy: entropyOf(100 + afterOperation) }).catch(() => null);
        if (!opened) {
          refused += 1;
          expect(afterOperation, `${name}: what was answered is there`).toBeLessThan(log.operations.length);
          continue;
        }
        const keys = await opened.administrator.perform<'key.list'>({ action: 'key.list' });
        const clients = opened.clients().map(({ name }) => name);
        const isNew = keys.length === 0 && clients.length === 0;
        // Before the first line of the audit log was whole there was nothing: what is served then is a new server.
        if (!isNew) {
          served += 1;
          expect([keys.length, clients], name).toEqual([KEYS, ['vcenter']]);
        }
        await opened.close();
      }
      expect(served).toBeGreaterThan(0);
      expect(refused).toBeGreaterThan(20);
    };
    await Lab.run(work, { files: memory });
  });
});
