// A node that is held to KMIP 1.1 answers as one that knows no later version: `kms serve --profile vcenter-1.1`.
import { attribute, KMIP_1_1, type ProtocolVersion } from '@vcryptsim/kmip-lite';
import { describe, expect, it } from 'vitest';
import { Lab } from './support/lab.js';
import { AES_256, reasonOf } from './support/session.js';

const NEWEST: ProtocolVersion = { major: 1, minor: 4 };

describe('a node held to KMIP 1.1', () => {
  it('tells of 1.1 and 1.0 only, and does nothing of a later version whatever the header says', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve({ newestVersion: KMIP_1_1 });
      const identity = await lab.selfSigned();
      await server.addClient({ name: 'app', certificate: identity.chain[0]! });
      for (const version of [KMIP_1_1, NEWEST]) {
        await lab.client(server, identity, { version }).session(async (session) => {
          expect(await session.discoverVersions()).toEqual([KMIP_1_1, { major: 1, minor: 0 }]);
          const uniqueIdentifier = await session.create(AES_256);
          const { operations } = await session.perform('Query', { functions: ['QueryOperations'] });
          expect(operations).toContain('Create');
          expect(operations).not.toContain('Encrypt');
          const cryptographicParameters = { blockCipherMode: 'ECB' } as const;
          const encrypting = session.perform('Encrypt', {
            uniqueIdentifier,
            cryptographicParameters,
            data: new Uint8Array(16),
          });
          expect(await reasonOf(encrypting)).toBe('OperationNotSupported');
          const paged = await session.perform('Locate', { attributes: [], maximumItems: 1 });
          expect(paged.locatedItems).toBeUndefined();
        });
      }
      await server.close();
    }));

  it('takes no attribute of a later version from a client that speaks it', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const identity = await lab.selfSigned();
      await server.addClient({ name: 'app', certificate: identity.chain[0]! });
      const described = (version: ProtocolVersion) =>
        lab.client(server, identity, { version }).session(async (session) => {
          const uniqueIdentifier = await session.create(AES_256);
          return reasonOf(
            session.perform('AddAttribute', { uniqueIdentifier, attribute: attribute('Description', 'x') }),
          );
        });
      expect(await described(KMIP_1_1)).toBe('InvalidField');
      expect(await described({ major: 1, minor: 3 })).toBe('InvalidField');
      expect(await described(NEWEST)).toBeNull();
      await server.close();
    }));
});
