// What one client may keep, refused by name; nothing changed after a refusal.
import { attribute, item, structure, Tag, text } from '@vcryptsim/kmip-lite';
import { KmipClientError, type KmipSession } from '@vcryptsim/kmip-lite/client';
import type { KeyServer } from '@vcryptsim/kms';
import { describe, expect, it } from 'vitest';
import type { Quotas } from '../src/terms/quotas.js';
import { Lab } from './support/lab.js';
import { AES_256, locate, named, withSession } from './support/session.js';

const refusalOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof KmipClientError ? `${error.reason}: ${error.message}` : String(error)),
  );

const withQuotas = <T>(
  quotas: Partial<Quotas>,
  work: (session: KmipSession, server: KeyServer, lab: Lab) => Promise<T>,
): Promise<T> =>
  Lab.run(async (lab) => {
    const server = await lab.serve({ quotas });
    const client = await lab.registered(server);
    try {
      return await client.session((session) => work(session, server, lab));
    } finally {
      await server.close();
    }
  });

describe('quotas', () => {
  it('objects: what is one too many is refused by name, and what was kept is served', () =>
    withQuotas({ objects: 3 }, async (session, server, lab) => {
      const ids = [];
      for (let count = 0; count < 3; count++) ids.push(await session.create(AES_256));
      expect(await refusalOf(session.create(AES_256))).toMatch(/^PermissionDenied: .*Quota "objects"/);
      const pair = { common: { attributes: [attribute('Cryptographic Algorithm', 'ECDSA')] } };
      expect(await refusalOf(session.perform('CreateKeyPair', pair))).toMatch(/Quota "objects"/);
      expect(await locate(session, [])).toEqual(ids);
      expect(server.faults).toBe(0);
      // Each client has its own.
      await (await lab.registered(server, 'other')).session(async (other) => {
        expect(await refusalOf(other.create(AES_256))).toBe('done');
      });
    }));

  it('bytes: neither new objects nor longer attributes go beyond them', () =>
    withQuotas({ bytes: 4000 }, async (session) => {
      const id = await session.create({ ...AES_256, attributes: [{ name: 'x-a', value: text('a'.repeat(2500)) }] });
      const more = { name: 'x-b', value: text('b'.repeat(1000)) };
      expect(await refusalOf(session.perform('AddAttribute', { uniqueIdentifier: id, attribute: more }))).toMatch(
        /Quota "bytes"/,
      );
      expect(await refusalOf(session.create({ ...AES_256, attributes: [more] }))).toMatch(/Quota "bytes"/);
      expect(await session.getAttributes(id, ['x-b'])).toEqual([]);
      expect(await locate(session, [])).toEqual([id]);
    }));

  it('attributes and value: of one object, when it is made and later', () =>
    withQuotas({ attributes: 12, value: 100 }, async (session) => {
      const many = Array.from({ length: 13 }, (_, at) => ({ name: `x-${at}`, value: text('v') }));
      expect(await refusalOf(session.create({ ...AES_256, attributes: many }))).toMatch(/Quota "attributes"/);
      const long = { name: 'x-long', value: text('v'.repeat(101)) };
      expect(await refusalOf(session.create({ ...AES_256, attributes: [long] }))).toMatch(/Quota "value"/);
      expect(await refusalOf(locate(session, [long]))).toMatch(/Quota "value"/);
      const id = await session.create(AES_256);
      const add = (attributeOf: typeof long) =>
        refusalOf(session.perform('AddAttribute', { uniqueIdentifier: id, attribute: attributeOf }));
      const answers = [];
      for (const one of many) answers.push(await add(one));
      expect(answers[0]).toBe('done');
      expect(answers.at(-1)).toMatch(/IndexOutOfBounds: .*Quota "attributes"/);
      expect(await add(long)).toMatch(/Quota "value"/);
    }));
});

describe('the structure of an attribute', () => {
  const wrong = [
    { name: 'Name', value: structure([]) },
    { name: 'Name', value: structure([item(Tag.NameValue, text('a'))]) },
    { name: 'Link', value: structure([item(Tag.NameValue, text('a'))]) },
    { name: 'Usage Limits', value: structure([]) },
    { name: 'Cryptographic Parameters', value: structure([item(Tag.NameValue, text('a'))]) },
    { name: 'Application Specific Information', value: structure([]) },
    { name: 'Activation Date', value: { type: 'DateTime', value: 2n ** 60n } },
  ] as const;

  it.each(wrong.map((one, at) => [`${at}: ${one.name}`, one] as const))(
    'is checked when it comes in, not when it is read: %s',
    (_, odd) =>
      withSession(async (session, _lab, _client, server) => {
        const [good, id] = [
          await session.create({ ...AES_256, attributes: [named('good')] }),
          await session.create(AES_256),
        ];
        const one = { uniqueIdentifier: id };
        const tries = [
          () => session.create({ ...AES_256, attributes: [odd] }),
          () => session.perform('AddAttribute', { ...one, attribute: odd }),
          () =>
            session.perform('Register', {
              object: { objectType: 'Template', attributes: [named('t'), odd] },
              templateAttribute: { attributes: [] },
            }),
          ...(odd.name === 'Name'
            ? [() => session.perform('ModifyAttribute', { uniqueIdentifier: good, attribute: odd })]
            : []),
        ];
        for (const attempt of tries) expect(await refusalOf(attempt())).toMatch(/^InvalidField: /);
        expect(await locate(session, [])).toEqual([good, id]);
        const listed = await server.administrator.perform<'key.list'>({ action: 'key.list' });
        expect(listed.map((key) => key.name)).toEqual(['good', null]);
        expect(server.faults).toBe(0);
      }),
  );
});
