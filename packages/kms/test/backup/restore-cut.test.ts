// A restore that is cut at any moment: the folder is refused by the next start, or it is whole.
import { KeyServer, restoreBackup } from '@vcryptsim/kms';
import { type KeyPairSource, readWhole, replaceFile } from '@vcryptsim/ports';
import { type FileOperation, RecordingFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { cutStates } from '../support/cut.js';
import { Lab } from '../support/lab.js';
import { entropyOf } from '../support/world.js';

const AES_256 = { algorithm: 'AES', lengthBits: 256, usageMask: 0x0c } as const;
const KEYS = 3;

describe('restore', () => {
  it('leaves no half of a key server that would be served, wherever it is cut', async () => {
    await Lab.run(async (lab) => {
      const server = await lab.serve();
      const client = await lab.registered(server);
      await client.session(async (session) => {
        for (let count = 0; count < KEYS; count += 1) await session.create(AES_256);
      });
      await server.backUp('/safe/b.tar');
      await server.close();
      const rootKey = await readWhole(lab.files, '/kms/root.key', 32);

      const operations: FileOperation[] = [];
      const recorder = new RecordingFileSystem(lab.files, { onOperation: (operation) => operations.push(operation) });
      const { clock } = lab;
      const rootKeyPath = '/kms/root.key';
      const restored = { files: recorder, clock, entropy: entropyOf(7), from: '/safe/b.tar', folder: '/new' };
      await restoreBackup({ ...restored, rootKeyPath });

      const pair = await lab.keyPairs.generate('rsa-2048');
      const keyPairs: KeyPairSource = { generate: async () => pair };
      let served = 0;
      let refused = 0;
      for await (const { files, what, afterOperation } of cutStates(operations, '/kms')) {
        await replaceFile(files, rootKeyPath, rootKey);
        const world = { folder: '/new', files, clock, keyPairs, rootKeyPath, events: { emit: () => {} } };
        const opened = await KeyServer.open({ ...world, entropy: entropyOf(100 + afterOperation) }).catch(() => null);
        if (!opened) {
          refused += 1;
          continue;
        }
        const keys = await opened.administrator.perform<'key.list'>({ action: 'key.list' });
        const clients = opened.clients().map(({ name }) => name);
        const isNew = keys.length === 0 && clients.length === 0;
        // Before the first line of the audit log was whole there was nothing: what is served then is a new server.
        if (!isNew) {
          served += 1;
          expect([keys.length, clients], `${what}, operation ${afterOperation}`).toEqual([KEYS, ['vcenter']]);
        }
        await opened.close();
      }
      expect(served).toBeGreaterThan(0);
      expect(refused).toBeGreaterThan(20);
    });
  });
});
