import type { Credential } from '@vcryptsim/kmip-lite';
import type { KeyServer } from '@vcryptsim/kms';
import { createCertificateRequest } from '@vcryptsim/pki';
import type { TlsIdentity } from '@vcryptsim/ports';
import { expect, it } from 'vitest';
import { ClientPassword } from '../src/clients/client-password.js';
import { createTestAuthority } from './support/authority.js';
import { Lab } from './support/lab.js';
import { entropyOf } from './support/world.js';

const utf8 = (text: string) => new TextEncoder().encode(text);
const shown = (username: string, password?: string): Credential => ({
  type: 'UsernameAndPassword',
  username,
  ...(password !== undefined && { password: utf8(password) }),
});
const FOLDER = '/kms/clients/vcenter';

async function withPassword(lab: Lab) {
  const server = await lab.serve();
  const identity = await lab.selfSigned();
  const [certificate] = identity.chain;
  if (!certificate) throw new Error('an identity has a certificate');
  await server.addClient({ name: 'vcenter', certificate });
  const entropy = entropyOf(7);
  const record = ClientPassword.record({ username: 'vSphere', password: utf8('let me in'), entropy });
  await server.setPassword({ name: 'vcenter', record });
  const as = (credential?: Credential) => lab.client(server, identity, credential ? { credential } : {});
  const ask = (credential?: Credential) =>
    as(credential).session((session) => session.perform('Locate', { attributes: [] }));
  return { server, as, ask };
}

it('serves a client that shows the registered user name and password', () =>
  Lab.run(async (lab) => {
    const { server, ask } = await withPassword(lab);
    await expect(ask(shown('vSphere', 'let me in'))).resolves.toBeDefined();
    await server.close();
  }));

it.each([
  ['another password', shown('vSphere', 'let me out')],
  ['an empty password', shown('vSphere', '')],
  ['no password', shown('vSphere')],
  ['another user name', shown('vSphere2', 'let me in')],
  ['a device', { type: 'Device', deviceSerialNumber: 'vSphere' } satisfies Credential],
  ['no credential', undefined],
])('answers Authentication Not Successful to %s', (_what, credential) =>
  Lab.run(async (lab) => {
    const { server, ask } = await withPassword(lab);
    await expect(ask(credential)).rejects.toMatchObject({
      code: 'OPERATION_FAILED',
      reason: 'AuthenticationNotSuccessful',
    });
    await server.close();
  }),
);

it('tells versions and operations to a known certificate that shows no password yet, and nothing else in their message', () =>
  Lab.run(async (lab) => {
    const { server, as } = await withPassword(lab);
    const open = await as().session(async (session) => [
      await session.discoverVersions(),
      await session.query(['QueryOperations']),
      ...(await session.batch([
        { operation: 'DiscoverVersions', payload: { versions: [] } },
        { operation: 'Query', payload: { functions: ['QueryOperations'] } },
      ])),
    ]);
    expect(open).toHaveLength(4);
    const together = await as().session((session) =>
      session.batch([
        { operation: 'DiscoverVersions', payload: { versions: [] } },
        { operation: 'Locate', payload: { attributes: [] } },
      ]),
    );
    expect(together.map(({ status }) => status)).not.toContain('Success');
    // One that is shown must fit there too: so a wrong password shows at the first message.
    await expect(as(shown('vSphere', 'let me out')).session((s) => s.query(['QueryOperations']))).rejects.toMatchObject(
      {
        reason: 'AuthenticationNotSuccessful',
      },
    );
    await server.close();
  }));

it.each(['by its own certificate', 'by one that the server made', 'by a signed request', 'by its authority'])(
  'serves a client known %s without a password, with or without a credential, and from then on that it must show one, with it only',
  (way) =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const identity = await register(lab, server, way);
      const create = (credential?: Credential) =>
        lab.client(server, identity, credential ? { credential } : {}).session(async (session) => {
          expect(await session.discoverVersions()).not.toEqual([]);
          return session.create({ algorithm: 'AES', lengthBits: 256, usageMask: 12 });
        });
      const right = shown('vSphere', 'let me in');
      expect(await create()).toEqual(expect.any(String));
      expect(await create(right)).toEqual(expect.any(String));
      const entropy = entropyOf(7);
      const record = ClientPassword.record({ username: 'vSphere', password: utf8('let me in'), entropy });
      const base64 = Buffer.from(record).toString('base64');
      const request = { action: 'client.password', name: 'vcenter', record: base64 } as const;
      await server.administrator.perform<'client.password'>(request);
      expect(await create(right)).toEqual(expect.any(String));
      await expect(create()).rejects.toMatchObject({ reason: 'AuthenticationNotSuccessful' });
      await server.close();
    }),
);

/** Registers `vcenter` in one of the ways there are, and answers what it shows. */
async function register(lab: Lab, server: KeyServer, way: string): Promise<TlsIdentity> {
  const own = await lab.selfSigned();
  const add = async (identity: TlsIdentity) => {
    await server.addClient({ name: 'vcenter', certificate: identity.chain[0] ?? new Uint8Array(0) });
    return identity;
  };
  if (way === 'by its own certificate') return add(own);
  if (way === 'by one that the server made') return add(await server.pki.issueClient('vcenter'));
  if (way === 'by a signed request') {
    const keyPair = await lab.keyPairs.generate('ec-p256');
    const request = await createCertificateRequest({ subject: 'CN=vcenter', keyPair, clock: lab.clock });
    return add({ chain: [await server.pki.signRequest(request)], privateKey: keyPair.privateKey });
  }
  const authority = await createTestAuthority(lab, 'VMCA');
  await server.addAuthority({ name: 'vcenter', certificate: authority.certificate });
  return authority.identity('kmipClient');
}

it('closes the connection of a client whose password file is damaged, and notes it', () =>
  Lab.run(async (lab) => {
    const { server, ask } = await withPassword(lab);
    const handle = await lab.files.open(`${FOLDER}/password`, { access: 'write' });
    await handle.truncate(20);
    await handle.close();
    await expect(ask(shown('vSphere', 'let me in'))).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(lab.events).toContainEqual(
      expect.objectContaining({ type: 'CLIENT_REFUSED', code: 'CLIENT_PASSWORD_DAMAGED' }),
    );
    await server.close();
  }));

it('keeps the password itself out of the file, and the old one when the new one is none', () =>
  Lab.run(async (lab) => {
    const { server, ask } = await withPassword(lab);
    const entropy = entropyOf(8);
    const nothing = { username: 'vSphere', password: utf8(''), entropy };
    expect(() => ClientPassword.record(nothing)).toThrow(expect.objectContaining({ code: 'CLIENT_PASSWORD_INVALID' }));
    await expect(server.setPassword({ name: 'vcenter', record: new Uint8Array(9) })).rejects.toMatchObject({
      code: 'CLIENT_PASSWORD_DAMAGED',
    });
    await expect(ask(shown('vSphere', 'let me in'))).resolves.toBeDefined();
    const handle = await lab.files.open(`${FOLDER}/password`, { access: 'read' });
    const bytes = new Uint8Array(await handle.sizeBytes());
    await handle.pread(bytes, 0);
    await handle.close();
    expect(new TextDecoder().decode(bytes)).not.toContain('let me in');
    await server.close();
  }));
