import { expect, it } from 'vitest';
import { createTestAuthority } from './support/authority.js';
import { Lab } from './support/lab.js';

/** A key server whose client `vcenter` is known by its own authority, and ways to ask it. */
async function withAuthority(lab: Lab) {
  const server = await lab.serve();
  const own = await createTestAuthority(lab, 'VMCA of vcenter');
  await server.addAuthority({ name: 'vcenter', certificate: own.certificate });
  const ask = async (from: typeof own) => {
    const client = lab.client(server, await from.identity('kmipClient20261122'));
    return client.session((session) => session.query(['QueryOperations']));
  };
  return { server, own, ask };
}

it('[S14] lets in whoever the client’s own authority signs for, one certificate after the other', () =>
  Lab.run(async (lab) => {
    const { server, own, ask } = await withAuthority(lab);
    await expect(ask(own)).resolves.toBeDefined();
    await expect(ask(own)).resolves.toBeDefined();
    await server.close();
  }));

it('keeps out another authority of the same name, and all of them once the client is revoked', () =>
  Lab.run(async (lab) => {
    const { server, own, ask } = await withAuthority(lab);
    await expect(ask(await createTestAuthority(lab, 'VMCA of vcenter'))).rejects.toMatchObject({
      code: 'CONNECTION_CLOSED',
    });
    await server.revokeClient('vcenter');
    await expect(ask(own)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await server.close();
  }));

it('takes no certificate for an authority that may not sign', () =>
  Lab.run(async (lab) => {
    const { server } = await withAuthority(lab);
    const [leaf] = (await lab.selfSigned()).chain;
    await expect(server.addAuthority({ name: 'other', certificate: leaf ?? new Uint8Array(0) })).rejects.toMatchObject({
      code: 'CLIENT_CERTIFICATE_INVALID',
    });
    expect(server.clients().map(({ name }) => name)).toEqual(['vcenter']);
    await server.close();
  }));
