import { attribute, attributeText, firstValue, KMIP_1_0, textAttribute } from '@vcryptsim/kmip-lite';
import { KmipClientError, type KmipSession } from '@vcryptsim/kmip-lite/client';
import { verifyChain } from '@vcryptsim/kms';
import { fingerprintSha256 } from '@vcryptsim/pki';
import type { KeyId } from '@vcryptsim/ports';
import { FaultyFileSystem, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { contentOf, overwrite } from './support/file-contents.js';
import { Lab } from './support/lab.js';
import { NOON_MS } from './support/world.js';

const AES_256 = { algorithm: 'AES', lengthBits: 256, usageMask: 0x0c } as const;
const copyOf = { take: (view: Uint8Array) => Uint8Array.from(view) };

async function reasonOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof KmipClientError && error.code === 'OPERATION_FAILED') return error.reason;
  return (error as { code?: string } | null)?.code ?? error;
}

async function auditLines(lab: Lab): Promise<string[]> {
  const bytes = await contentOf(lab.files, '/kms/audit.jsonl');
  return new TextDecoder().decode(bytes!).split('\n').slice(0, -1);
}

const stateOf = async (session: KmipSession, id: KeyId) =>
  firstValue('State', await session.getAttributes(id, ['State']));

describe('a key server', () => {
  it('[S01] makes a key, serves its bytes, and activates it, in the order of a real vCenter', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const client = await lab.registered(server);
      const id = await client.session(async (session) => {
        expect(await session.discoverVersions({ withBatchItemId: false })).toEqual([
          { major: 1, minor: 4 },
          { major: 1, minor: 3 },
          { major: 1, minor: 2 },
          { major: 1, minor: 1 },
          { major: 1, minor: 0 },
        ]);
        return session.create(AES_256);
      });
      await client.session(async (session) => {
        expect(await session.getAttributes(id, ['x-Product_Version'])).toEqual([]);
        const tags = [
          textAttribute('x-Product_Version', '7.0.3 build-19480866'),
          textAttribute('x-Vendor', 'VMware, Inc.'),
        ];
        const results = await session.batch(
          tags.map((tag) => ({ operation: 'AddAttribute', payload: { uniqueIdentifier: id, attribute: tag } })),
        );
        expect(results.map((result) => result.status)).toEqual(['Success', 'Success']);
      });
      const bytes = await client.session(async (session) => {
        const { taken, algorithm, lengthBits } = await session.get(id, copyOf);
        expect([algorithm, lengthBits, taken.length]).toEqual(['AES', 256, 32]);
        expect(await stateOf(session, id)).toBe('PreActive');
        await session.activate(id);
        expect(await stateOf(session, id)).toBe('Active');
        return taken;
      });
      await client.session(async (session) => {
        const { taken } = await session.get(id, copyOf);
        expect(taken).toEqual(bytes);
        const [vendor] = await session.getAttributes(id, ['x-Vendor']);
        expect(attributeText(vendor!)).toBe('VMware, Inc.');
      });
      await server.close();
      expect(lab.events.map((event) => event.type)).toEqual([
        'STORE_OPENED',
        'NODE_LISTENING',
        'CLIENT_ADDED',
        'KEY_CREATED',
        'ATTRIBUTE_ADDED',
        'ATTRIBUTE_ADDED',
        'KEY_SERVED',
        'KEY_STATE_CHANGED',
        'KEY_SERVED',
        'NODE_STOPPED',
      ]);
    }));

  it('gives keys and clients back after a restart', async () => {
    const files = new MemoryFileSystem();
    const before = await Lab.run(
      async (lab) => {
        const server = await lab.serve();
        const identity = await server.pki.issueClient('vcenter');
        await server.addClient({ name: 'vcenter', certificate: identity.chain[0]! });
        const id = await lab.client(server, identity).session((session) => session.create(AES_256));
        const { taken } = await lab.client(server, identity).session((session) => session.get(id, copyOf));
        await server.close();
        return { identity, id, taken };
      },
      { files },
    );
    await Lab.run(
      async (lab) => {
        const server = await lab.serve();
        expect(server.clients().map((client) => client.name)).toEqual(['vcenter']);
        const client = lab.client(server, before.identity);
        const { taken } = await client.session((session) => session.get(before.id, copyOf));
        expect(taken).toEqual(before.taken);
        await server.close();
      },
      { files, start: 2 },
    );
  });

  it('tells by Query what it serves, and that it is vcryptsim', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const client = await lab.registered(server);
      await client.session(async (session) => {
        const all = await session.query(['QueryOperations', 'QueryObjects', 'QueryServerInformation']);
        expect(all.operations).toEqual(
          expect.arrayContaining(['Create', 'Get', 'Activate', 'AddAttribute', 'Query', 'DiscoverVersions']),
        );
        expect(all.objectTypes).toContain('SymmetricKey');
        expect(all.vendorIdentification).toBe('vcryptsim');
        const some = await session.query(['QueryServerInformation']);
        expect(some.operations).toEqual([]);
      });
      await server.close();
    }));

  it('answers a 1.0 client without what came in 1.1', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const identity = await lab.selfSigned();
      await server.addClient({ name: 'old', certificate: identity.chain[0]! });
      await lab.client(server, identity, { version: KMIP_1_0 }).session(async (session) => {
        const id = await session.create(AES_256);
        const digest = firstValue('Digest', await session.getAttributes(id, ['Digest']));
        const { taken } = await session.get(id, copyOf);
        expect(digest?.keyFormatType).toBeUndefined();
        expect(Buffer.from(digest!.digestValue!).toString('hex')).toBe(fingerprintSha256(taken));
      });
      await server.close();
    }));

  it('refuses what it cannot make or find, each with its reason', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const client = await lab.registered(server);
      await client.session(async (session) => {
        const nowhere = '00000000-0000-4000-8000-000000000000' as KeyId;
        const create = (o: object) => reasonOf(session.create({ ...AES_256, ...o }));
        expect(await create({ lengthBits: 100 })).toBe('InvalidField');
        expect(await create({ lengthBits: -256 })).toBe('InvalidField');
        expect(await create({ algorithm: 'RSA' })).toBe('InvalidField');
        expect(await create({ usageMask: -1 })).toBe('InvalidField');
        expect(await create({ attributes: [attribute('State', 'Active')] })).toBe('PermissionDenied');
        expect(await create({ attributes: [textAttribute('Vendor', 'x')] })).toBe('InvalidField');
        expect(await create({ attributes: [attribute('Cryptographic Length', 128)] })).toBe('IndexOutOfBounds');
        expect(await reasonOf(session.get(nowhere, copyOf))).toBe('ItemNotFound');
        expect(await reasonOf(session.activate(nowhere))).toBe('ItemNotFound');
        expect(await reasonOf(session.getAttributes(nowhere, []))).toBe('ItemNotFound');
        const id = await session.create(AES_256);
        const add = (one: ReturnType<typeof textAttribute>) => reasonOf(session.addAttribute(id, one));
        expect(await add(attribute('State', 'Destroyed'))).toBe('PermissionDenied');
        expect(await add(textAttribute('y-Server', 'x'))).toBe('PermissionDenied');
        expect(await add(textAttribute('z-Other', 'x'))).toBe('InvalidField');
        expect(await add({ ...textAttribute('x-A', 'x'), index: 1 })).toBe('InvalidField');
        expect(await add(textAttribute('x-A', 'l'.repeat(64 * 1024)))).toBe('InvalidField');
        expect(await add(attribute('Contact Information', 'a'))).toBeNull();
        expect(await add(attribute('Contact Information', 'b'))).toBe('IllegalOperation');
        expect(await reasonOf(session.getAttributes(id, ['Object Type', 'Object Type']))).toBe('InvalidMessage');
        await session.activate(id);
        expect(await reasonOf(session.activate(id))).toBe('PermissionDenied');
        expect(await add(attribute('Activation Date', 1))).toBe('PermissionDenied');
      });
      await server.close();
    }));

  it('moves a state when its date has come, without anybody asking', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const client = await lab.registered(server);
      await client.session(async (session) => {
        const soon = NOON_MS / 1000 + 60;
        const id = await session.create({ ...AES_256, attributes: [attribute('Activation Date', soon)] });
        expect(await stateOf(session, id)).toBe('PreActive');
        await session.addAttribute(id, attribute('Deactivation Date', soon + 60));
        await lab.clock.after(61_000);
        expect(await stateOf(session, id)).toBe('Active');
        await lab.clock.after(60_000);
        expect(await stateOf(session, id)).toBe('Deactivated');
        expect(await reasonOf(session.get(id, copyOf))).toBeNull();
      });
      await server.close();
    }));

  it('numbers the instances of an attribute', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const client = await lab.registered(server);
      await client.session(async (session) => {
        const id = await session.create({
          ...AES_256,
          attributes: [textAttribute('x-A', '0'), textAttribute('x-A', '1')],
        });
        const payload = { uniqueIdentifier: id, attribute: textAttribute('x-A', '2') };
        expect((await session.perform('AddAttribute', payload)).attribute.index).toBe(2);
        const found = await session.getAttributes(id, ['x-A']);
        expect(found.map((one) => [one.index ?? 0, attributeText(one)])).toEqual([
          [0, '0'],
          [1, '1'],
          [2, '2'],
        ]);
      });
      await server.close();
    }));
});

describe('clients', () => {
  it("see nothing of each other's objects: one looks exactly like one that does not exist", () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const [mine, theirs] = [await lab.registered(server, 'vcenter'), await lab.registered(server, 'other')];
      const id = await mine.session((session) => session.create(AES_256));
      await theirs.session(async (session) => {
        const answers = async (asked: KeyId) => [
          await failure(session.get(asked, copyOf)),
          await failure(session.getAttributes(asked, [])),
          await failure(session.activate(asked)),
          await failure(session.addAttribute(asked, textAttribute('x-A', 'x'))),
        ];
        expect(await answers(id)).toEqual(await answers('no such key' as KeyId));
      });
      await server.close();
    }));

  it('with a user name in the header share their objects with no other user name', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const identity = await lab.selfSigned();
      await server.addClient({ name: 'vcenter', certificate: identity.chain[0]! });
      const as = (username: string) =>
        lab.client(server, identity, { credential: { type: 'UsernameAndPassword', username } });
      const id = await as('alice').session((session) => session.create(AES_256));
      expect(await reasonOf(as('bob').session((session) => session.get(id, copyOf)))).toBe('PermissionDenied');
      expect(await reasonOf(lab.client(server, identity).session((session) => session.get(id, copyOf)))).toBe(
        'PermissionDenied',
      );
      expect(await reasonOf(as('alice').session((session) => session.get(id, copyOf)))).toBeNull();
      await server.close();
    }));

  it('are known as soon as they are registered, by another process too, and before that closed without an answer', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const identity = await lab.selfSigned();
      const client = lab.client(server, identity);
      expect(await reasonOf(client.session((session) => session.discoverVersions()))).toBe('CONNECTION_CLOSED');
      const { writeCertificates } = await import('@vcryptsim/kms');
      await lab.files.mkdir('/kms/clients/late');
      await writeCertificates(lab.files, '/kms/clients/late/cert.pem', [identity.chain[0]!]);
      expect(await reasonOf(client.session((session) => session.discoverVersions()))).toBeNull();
      const refusal = (await auditLines(lab)).map((line) => JSON.parse(line)).find((line) => line.event === 'REFUSAL');
      expect(refusal).toMatchObject({
        code: 'CLIENT_UNKNOWN',
        fingerprintSha256: fingerprintSha256(identity.chain[0]!),
      });
      expect(lab.events).toContainEqual({ type: 'CLIENT_REFUSED', node: 'kms-a', code: 'CLIENT_UNKNOWN' });
      await server.close();
    }));

  it('with an expired, a future or a merely look-alike certificate are closed before any answer', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const good = await lab.selfSigned();
      await server.addClient({ name: 'good', certificate: good.chain[0]! });
      const expired = await lab.selfSigned({ name: 'expired', toMs: NOON_MS - 1000 });
      await server.addClient({ name: 'expired', certificate: expired.chain[0]! });
      const future = await lab.selfSigned({ name: 'future', fromMs: NOON_MS + 60_000 });
      await server.addClient({ name: 'future', certificate: future.chain[0]! });
      const sameName = await lab.selfSigned();
      const { publicKey } = { publicKey: (await import('node:crypto')).createPublicKey(good.privateKey) };
      const sameKey = await lab.selfSigned({
        keyPair: { privateKey: good.privateKey, publicKey },
        name: 'renewed by itself',
      });
      for (const identity of [expired, future, sameName, sameKey]) {
        const client = lab.client(server, identity);
        expect(await reasonOf(client.session((session) => session.discoverVersions()))).toBe('CONNECTION_CLOSED');
      }
      const refusals = lab.events.filter((event) => event.type === 'CLIENT_REFUSED').map((event) => event.code);
      expect(refusals).toEqual(['EXPIRED', 'NOT_YET_VALID', 'CLIENT_UNKNOWN', 'UNKNOWN_ISSUER']);
      await server.close();
    }));

  it('have one name and one key each', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const [a, b] = [await lab.selfSigned(), await lab.selfSigned()];
      await server.addClient({ name: 'a', certificate: a.chain[0]! });
      const add = (name: string, certificate: Uint8Array) => reasonOf(server.addClient({ name, certificate }));
      expect(await add('a', b.chain[0]!)).toBe('CLIENT_NAME_TAKEN');
      expect(await add('b', a.chain[0]!)).toBe('CLIENT_KEY_TAKEN');
      for (const name of ['', '../x', '.hidden', 'a/b', 'x'.repeat(65)]) {
        expect(await add(name, b.chain[0]!)).toBe('CLIENT_NAME_INVALID');
      }
      expect(await add('c', new Uint8Array([1, 2]))).toBe('MALFORMED');
      expect(server.clients().map((client) => client.name)).toEqual(['a']);
      await server.close();
    }));
});

describe('the audit log', () => {
  it('has a line for each answer before it leaves, in a chain that holds', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const client = await lab.registered(server);
      const id = await client.session((session) => session.create(AES_256));
      await reasonOf(client.session((session) => session.get('nowhere' as KeyId, copyOf)));
      const lines = await auditLines(lab);
      const answers = lines.map((line) => JSON.parse(line)).filter((line) => line.event === 'ANSWER');
      expect(answers).toMatchObject([
        {
          client: 'vcenter',
          node: 'kms-a',
          items: [{ operation: 'Create', status: 'Success', uniqueIdentifier: id }],
          stored: 1,
        },
        {
          items: [{ operation: 'Get', status: 'OperationFailed', reason: 'ItemNotFound', uniqueIdentifier: 'nowhere' }],
        },
      ]);
      expect(await verifyChain(lines)).toMatchObject({ ok: true, head: { n: lines.length } });
      await server.close();
    }));

  it('shows every line that was changed, taken out or put in', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const client = await lab.registered(server);
      for (let count = 0; count < 3; count++) await client.session((session) => session.discoverVersions());
      await server.close();
      const lines = await auditLines(lab);
      for (let place = 0; place < lines.length - 1; place++) {
        const without = lines.filter((_, other) => other !== place);
        expect(await verifyChain(without)).toMatchObject({ ok: false, line: place + 1 });
        const changed = lines.with(place, lines[place]!.replace('"atMs":1', '"atMs":2'));
        expect(await verifyChain(changed)).toMatchObject({ ok: false, line: place + 1 });
        const doubled = lines.toSpliced(place, 0, lines[place]!);
        expect(await verifyChain(doubled)).toMatchObject({ ok: false });
      }
    }));

  it('that cannot be written means no answer', async () => {
    const faulty = new FaultyFileSystem(new MemoryFileSystem());
    await Lab.run(
      async (lab) => {
        const server = await lab.serve();
        const client = await lab.registered(server);
        const mend = faulty.set({ kind: 'read-only', under: '/kms/audit.jsonl' });
        expect(await reasonOf(client.session((session) => session.discoverVersions()))).toBe('CONNECTION_CLOSED');
        mend();
        expect(await reasonOf(client.session((session) => session.discoverVersions()))).toBeNull();
        await server.close();
        expect(await verifyChain(await auditLines(lab))).toMatchObject({ ok: true });
      },
      { files: faulty },
    );
  });

  it('goes on after a cut in its last line, and refuses a last line that was changed', async () => {
    const files = new MemoryFileSystem();
    const open = (start: number) => Lab.run(async (lab) => (await lab.serve()).close(), { files, start });
    await open(1);
    const whole = (await contentOf(files, '/kms/audit.jsonl'))!;
    await overwrite(files, '/kms/audit.jsonl', Uint8Array.from([...whole, ...whole.subarray(0, 30)]));
    await open(2);
    const lines = new TextDecoder()
      .decode((await contentOf(files, '/kms/audit.jsonl'))!)
      .split('\n')
      .slice(0, -1);
    expect(await verifyChain(lines)).toMatchObject({ ok: true });
    const bent = (await contentOf(files, '/kms/audit.jsonl'))!;
    bent[bent.length - 80] = (bent.at(-80) ?? 0) ^ 1;
    await overwrite(files, '/kms/audit.jsonl', bent);
    await expect(open(3)).rejects.toMatchObject({ code: 'AUDIT_DAMAGED' });
  });

  it('tells a store whose answered end was lost from one whose last write was cut', async () => {
    const files = new MemoryFileSystem();
    await Lab.run(
      async (lab) => {
        const server = await lab.serve();
        const client = await lab.registered(server);
        await client.session((session) => session.create(AES_256));
        await server.close();
      },
      { files },
    );
    const journal = (await contentOf(files, '/kms/store/journal'))!;
    await overwrite(files, '/kms/store/journal', journal.subarray(0, journal.length - 10));
    await expect(Lab.run((lab) => lab.serve(), { files, start: 2 })).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  });
});

async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    return error instanceof KmipClientError ? [error.code, error.reason, error.resultMessage] : error;
  }
}
