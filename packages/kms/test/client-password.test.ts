import type { Credential } from '@vcryptsim/kmip-lite';
import { expect, it } from 'vitest';
import { ClientPassword } from '../src/clients/client-password.js';
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
  const ask = (credential?: Credential) =>
    lab
      .client(server, identity, credential ? { credential } : {})
      .session((session) => session.query(['QueryOperations']));
  return { server, ask };
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
