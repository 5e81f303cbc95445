import { CryptographicUsageMask, firstValue, textAttribute } from '@vcryptsim/kmip-lite';
import type { KmipClientError } from '@vcryptsim/kmip-lite/client';
import type { KeyId } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { Lab } from './support/lab-server.js';

const mask = CryptographicUsageMask.Encrypt | CryptographicUsageMask.Decrypt;
const aes256 = { algorithm: 'AES', lengthBits: 256, usageMask: mask } as const;

describe('client and server', () => {
  it('make a key, tag it, fetch it and activate it', async () => {
    const lab = new Lab();
    const id = await lab.client().session(async (session) => {
      expect(await session.discoverVersions({ withBatchItemId: false })).toEqual([
        { major: 1, minor: 4 },
        { major: 1, minor: 3 },
        { major: 1, minor: 2 },
        { major: 1, minor: 1 },
        { major: 1, minor: 0 },
      ]);
      return session.create(aes256);
    });
    await lab.client().session(async (session) => {
      expect(await session.getAttributes(id, ['x-Vendor'])).toEqual([]);
      const results = await session.batch(
        ['x-Product_Version', 'x-Vendor', 'x-Product'].map((name) => ({
          operation: 'AddAttribute' as const,
          payload: { uniqueIdentifier: id, attribute: textAttribute(name, `${name} of vSphere`) },
        })),
      );
      expect(results.map(({ status }) => status)).toEqual(['Success', 'Success', 'Success']);
      expect(await session.getAttributes(id, ['x-Vendor'])).toEqual([textAttribute('x-Vendor', 'x-Vendor of vSphere')]);
    });
    await lab.client().session(async (session) => {
      const fetched = await session.get(id, { take: (view) => view.slice() });
      expect(fetched).toEqual({
        objectType: 'SymmetricKey',
        algorithm: 'AES',
        lengthBits: 256,
        taken: lab.store.keys.get(id)?.bytes,
      });
      expect(firstValue('State', await session.getAttributes(id, ['State']))).toBe('PreActive');
      await session.activate(id);
      expect(firstValue('State', await session.getAttributes(id, ['State']))).toBe('Active');
    });
    await Promise.all(lab.servers);
    expect(lab.exchanges.map(({ items }) => items.map(({ operation }) => operation).join('+'))).toEqual([
      'DiscoverVersions',
      'Create',
      'GetAttributes',
      'AddAttribute+AddAttribute+AddAttribute',
      'GetAttributes',
      'Get',
      'GetAttributes',
      'Activate',
      'GetAttributes',
    ]);
    expect(lab.exchanges[1]?.items).toEqual([{ operation: 'Create', uniqueIdentifier: id, status: 'Success' }]);
  });

  it('say what failed, with the reason by name', async () => {
    const lab = new Lab();
    const failure = await lab
      .client()
      .session((session) => session.get('nobody' as KeyId, { take: () => 0 }))
      .catch((error: KmipClientError) => error);
    expect(failure).toMatchObject({
      code: 'OPERATION_FAILED',
      reason: 'ItemNotFound',
      resultMessage: 'there is no such object',
    });
    expect(lab.exchanges).toMatchObject([
      { items: [{ operation: 'Get', uniqueIdentifier: 'nobody', status: 'OperationFailed', reason: 'ItemNotFound' }] },
    ]);
  });
});
