import { type Attribute, attribute, firstValue, type KeyCompressionType, textAttribute } from '@vcryptsim/kmip-lite';
import { FaultyFileSystem, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { contentOf } from './support/file-contents.js';
import { Lab } from './support/lab.js';
import {
  AES_256,
  copyOf,
  destroy,
  locate,
  NOON_S,
  named,
  reasonOf,
  revoke,
  stateOf,
  withSession,
} from './support/session.js';

describe('the life of a key', () => {
  it('goes Pre-Active, Active, Deactivated, Destroyed, with a date for each, and its bytes go last', () =>
    withSession(async (session, lab) => {
      const id = await session.create(AES_256);
      expect(await reasonOf(revoke(session, id, 'CessationOfOperation'))).toBe('PermissionDenied');
      await session.activate(id);
      expect(await reasonOf(destroy(session, id))).toBe('PermissionDenied');
      await lab.clock.after(1000);
      await revoke(session, id, 'CessationOfOperation');
      expect(await stateOf(session, id)).toBe('Deactivated');
      expect(await reasonOf(session.get(id, copyOf))).toBeNull();
      await lab.clock.after(1000);
      await destroy(session, id);
      expect(await reasonOf(session.get(id, copyOf))).toBe('ItemNotFound');
      expect(await reasonOf(destroy(session, id))).toBe('PermissionDenied');
      const left = await session.getAttributes(id, []);
      expect(firstValue('State', left)).toBe('Destroyed');
      expect(firstValue('Activation Date', left)).toBe(NOON_S);
      expect(firstValue('Deactivation Date', left)).toBe(NOON_S + 1);
      expect(firstValue('Destroy Date', left)).toBe(NOON_S + 2);
      expect(firstValue('Last Change Date', left)).toBe(NOON_S + 2);
      expect(firstValue('Revocation Reason', left)?.code).toBe('CessationOfOperation');
    }));

  it('ends as compromised from every state, and stays readable until it is destroyed', () =>
    withSession(async (session) => {
      const id = await session.create(AES_256);
      const occurred = NOON_S - 3600;
      const revocationReason = { code: 'KeyCompromise', message: 'a laptop was stolen' } as const;
      await session.perform('Revoke', { uniqueIdentifier: id, revocationReason, compromiseOccurrenceDate: occurred });
      expect(await stateOf(session, id)).toBe('Compromised');
      expect(await reasonOf(session.activate(id))).toBe('PermissionDenied');
      expect(await reasonOf(session.get(id, copyOf))).toBeNull();
      const dates = await session.getAttributes(id, ['Compromise Date', 'Compromise Occurrence Date']);
      expect(firstValue('Compromise Date', dates)).toBe(NOON_S);
      expect(firstValue('Compromise Occurrence Date', dates)).toBe(occurred);
      await destroy(session, id);
      expect(await stateOf(session, id)).toBe('DestroyedCompromised');
      const other = await session.create(AES_256);
      await destroy(session, other);
      await revoke(session, other, 'KeyCompromise');
      expect(await stateOf(session, other)).toBe('DestroyedCompromised');
    }));

  it('leaves no sealed bytes of a destroyed key on disk when the answer is there', () =>
    withSession(async (session, lab) => {
      const id = await session.create(AES_256);
      const before = Buffer.from((await contentOf(lab.files, '/kms/store/journal'))!);
      // The sealed material of a new key (60 bytes) and 64 bytes of the frame's own are the journal's last ones.
      const sealed = before.subarray(-124, -64);
      await destroy(session, id);
      expect(Buffer.from((await contentOf(lab.files, '/kms/store/journal'))!).includes(sealed)).toBe(false);
    }));

  it('may pass through the archive, where only its bytes are out of reach', () =>
    withSession(async (session) => {
      const id = await session.create({ ...AES_256, attributes: [named('archived')] });
      await session.perform('Archive', { uniqueIdentifier: id });
      expect(await reasonOf(session.get(id, copyOf))).toBe('ObjectArchived');
      expect(await reasonOf(destroy(session, id))).toBe('ObjectArchived');
      expect(await stateOf(session, id)).toBe('PreActive');
      expect(await locate(session, [named('archived')])).toEqual([]);
      expect(await locate(session, [named('archived')], { storageStatusMask: 3 })).toEqual([id]);
      await session.perform('Recover', { uniqueIdentifier: id });
      expect(await reasonOf(session.get(id, copyOf))).toBeNull();
      expect(await locate(session, [named('archived')])).toEqual([id]);
    }));
});

describe('attributes', () => {
  it('are added, modified and deleted by index, and the others keep theirs', () =>
    withSession(async (session) => {
      const id = await session.create(AES_256);
      for (const value of ['a', 'b', 'c']) await session.addAttribute(id, textAttribute('x-A', value));
      const modify = (one: Attribute) => session.perform('ModifyAttribute', { uniqueIdentifier: id, attribute: one });
      const remove = (attributeName: string, attributeIndex?: number) =>
        session.perform('DeleteAttribute', { uniqueIdentifier: id, attributeName, attributeIndex });
      expect((await modify({ ...textAttribute('x-A', 'B'), index: 1 })).attribute.index).toBe(1);
      expect((await remove('x-A')).attribute).toEqual(textAttribute('x-A', 'a'));
      expect((await session.getAttributes(id, ['x-A'])).map((one) => one.index)).toEqual([1, 2]);
      expect(await reasonOf(remove('x-A', 0))).toBe('ItemNotFound');
      expect(await reasonOf(remove('x-B'))).toBe('ItemNotFound');
      expect(await reasonOf(remove('State'))).toBe('PermissionDenied');
      expect(await reasonOf(modify(textAttribute('x-B', 'x')))).toBe('InvalidField');
      expect(await reasonOf(modify({ ...textAttribute('x-A', 'x'), index: 9 }))).toBe('ItemNotFound');
      expect(await reasonOf(modify(attribute('Object Type', 'PublicKey')))).toBe('PermissionDenied');
      await session.activate(id);
      expect(await reasonOf(modify(attribute('Activation Date', 1)))).toBe('PermissionDenied');
      expect(await reasonOf(remove('Activation Date'))).toBe('PermissionDenied');
    }));

  it('are listed by name, each once', () =>
    withSession(async (session) => {
      const id = await session.create({
        ...AES_256,
        attributes: [textAttribute('x-A', '1'), textAttribute('x-A', '2')],
      });
      const { attributeNames } = await session.perform('GetAttributeList', { uniqueIdentifier: id });
      expect(attributeNames).toEqual([...new Set(attributeNames)]);
      expect(attributeNames).toEqual(
        expect.arrayContaining(['x-A', 'Digest', 'State', 'Unique Identifier', 'Lease Time']),
      );
    }));

  it('limit the use of a key, and what was taken is durable', () =>
    withSession(async (session) => {
      const limits = attribute('Usage Limits', { total: 10n, unit: 'Object' });
      const id = await session.create({ ...AES_256, attributes: [limits] });
      const take = (usageLimitsCount: bigint) =>
        session.perform('GetUsageAllocation', { uniqueIdentifier: id, usageLimitsCount });
      await take(7n);
      expect(await reasonOf(take(4n))).toBe('PermissionDenied');
      const check = (use: object) => session.perform('Check', { uniqueIdentifier: id, ...use });
      expect(await check({ usageLimitsCount: 3n, cryptographicUsageMask: 4 })).toEqual({ uniqueIdentifier: id });
      expect(await check({ usageLimitsCount: 4n, cryptographicUsageMask: 0x10, leaseTime: 999_999 })).toEqual({
        uniqueIdentifier: id,
        usageLimitsCount: 4n,
        cryptographicUsageMask: 0x10,
        leaseTime: 999_999,
      });
      expect(await reasonOf(take(-1n))).toBe('InvalidField');
      const free = await session.create(AES_256);
      expect(
        await reasonOf(session.perform('GetUsageAllocation', { uniqueIdentifier: free, usageLimitsCount: 1n })),
      ).toBe('IllegalOperation');
      const lease = await session.perform('ObtainLease', { uniqueIdentifier: id });
      expect([lease.leaseTime, lease.lastChangeDate]).toEqual([3600, NOON_S]);
      await revoke(session, id, 'KeyCompromise');
      expect(await reasonOf(session.perform('ObtainLease', { uniqueIdentifier: id }))).toBe('PermissionDenied');
    }));
});

describe('Locate', () => {
  it('finds by all attributes together, by ranges of dates, by parts of masks and structures', () =>
    withSession(async (session, lab) => {
      const a = await session.create({ ...AES_256, attributes: [named('a')] });
      await lab.clock.after(60_000);
      const b = await session.create({
        ...AES_256,
        lengthBits: 128,
        attributes: [named('b'), textAttribute('x-A', '1')],
      });
      const type = attribute('Object Type', 'SymmetricKey');
      const since = (seconds: number) => attribute('Initial Date', seconds);
      expect(await locate(session, [])).toEqual([a, b]);
      expect(await locate(session, [type], { maximumItems: 1 })).toEqual([a]);
      expect(await locate(session, [type, named('b')])).toEqual([b]);
      expect(await locate(session, [attribute('Cryptographic Length', 256), named('b')])).toEqual([]);
      expect(await locate(session, [attribute('Cryptographic Usage Mask', 4)])).toEqual([a, b]);
      expect(await locate(session, [attribute('Cryptographic Usage Mask', 0x10)])).toEqual([]);
      expect(await locate(session, [since(NOON_S)])).toEqual([a]);
      expect(await locate(session, [since(NOON_S + 60), since(NOON_S + 1)])).toEqual([b]);
      expect(await locate(session, [textAttribute('x-A', '1')])).toEqual([b]);
      expect(await reasonOf(locate(session, [textAttribute('nothing', '1')]))).toBe('InvalidField');
      expect(await reasonOf(locate(session, [], { maximumItems: -1 }))).toBe('InvalidField');
      await destroy(session, a);
      expect(await locate(session, [type])).toEqual([b]);
      expect(await locate(session, [attribute('State', 'Destroyed')])).toEqual([a]);
    }));

  it("finds nobody else's objects", () =>
    withSession(async (session, lab, _client, server) => {
      await session.create({ ...AES_256, attributes: [named('mine')] });
      const other = await lab.registered(server, 'other');
      expect(await other.session((theirs) => locate(theirs, []))).toEqual([]);
      expect(
        await reasonOf(other.session((theirs) => theirs.create({ ...AES_256, attributes: [named('mine')] }))),
      ).toBeNull();
    }));

  it('answers later when it may, once, and to its own client only', () =>
    withSession(async (session, lab, _client, server) => {
      const id = await session.create(AES_256);
      const ask = async () => {
        const request = { operation: 'Locate', payload: { attributes: [] } } as const;
        const [pending] = await session.batch([request], { asynchronous: true });
        if (pending?.status !== 'OperationPending') throw new Error('it was answered at once');
        return { asynchronousCorrelationValue: Uint8Array.from(pending.correlationValue) };
      };
      const first = await ask();
      const other = await lab.registered(server, 'other');
      expect(await reasonOf(other.session((theirs) => theirs.perform('Poll', first)))).toBe('ItemNotFound');
      expect((await other.session((theirs) => theirs.perform('Cancel', first))).cancellationResult).toBe('Unavailable');
      const [polled] = await session.batch([{ operation: 'Poll', payload: first }]);
      const utf8 = new TextEncoder().encode(id);
      expect(polled).toMatchObject({ status: 'Success', payload: { items: [{ type: 'TextString', utf8 }] } });
      expect(await reasonOf(session.perform('Poll', first))).toBe('ItemNotFound');
      const canceled = await ask();
      expect((await session.perform('Cancel', canceled)).cancellationResult).toBe('Canceled');
      expect(await reasonOf(session.perform('Poll', canceled))).toBe('OperationCanceledByRequester');
    }));
});

describe('what cannot be done', () => {
  it('is said when the change cannot be made durable, and nothing of it stays', async () => {
    const faulty = new FaultyFileSystem(new MemoryFileSystem());
    await Lab.run(
      async (lab) => {
        const server = await lab.serve();
        const client = await lab.registered(server);
        await client.session(async (session) => {
          const id = await session.create(AES_256);
          const mend = faulty.set({ kind: 'read-only', under: '/kms/store' });
          expect(await reasonOf(session.create(AES_256))).toBe('GeneralFailure');
          expect(await reasonOf(session.activate(id))).toBe('GeneralFailure');
          expect(await stateOf(session, id)).toBe('PreActive');
          mend();
          expect(await locate(session, [])).toEqual([id]);
          expect(await reasonOf(session.activate(id))).toBeNull();
        });
        await server.close();
      },
      { files: faulty },
    );
  });

  it('is said for compressed keys', () =>
    withSession(async (session) => {
      const id = await session.create(AES_256);
      const reasonFor = (keyCompressionType: KeyCompressionType) =>
        session.exchange([{ operation: 'Get', payload: { uniqueIdentifier: id, keyCompressionType } }], ([result]) =>
          result?.status === 'OperationFailed' ? result.reason : result?.status,
        );
      expect(await reasonFor('ECPublicKeyTypeX962CompressedPrime')).toBe('KeyCompressionTypeNotSupported');
      // Uncompressed is what every key is: a client that says so gets it.
      expect(await reasonFor('ECPublicKeyTypeUncompressed')).toBe('Success');
    }));
});
