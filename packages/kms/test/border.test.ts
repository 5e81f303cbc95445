// Whatever is thrown inside costs one answer or one connection: the others are served on.
import { generateKeyPairSync } from 'node:crypto';
import { integer, text } from '@vcryptsim/kmip-lite';
import type { KmsEvent } from '@vcryptsim/kms';
import type { Entropy, KeyId } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { Lab } from './support/lab.js';
import { AES_256, reasonOf, withSession } from './support/session.js';

describe('a fault', () => {
  it('is answered as General Failure, counted and told without its text; the next request is served', () =>
    Lab.run(async (lab) => {
      let isBroken = false;
      const broken: ProxyHandler<Entropy> = {
        get: (target, name) => {
          if (isBroken && name === 'secret') throw new RangeError('a text with /a/path');
          const value = Reflect.get(target, name) as unknown;
          return typeof value === 'function' ? value.bind(target) : value;
        },
      };
      const faults: unknown[] = [];
      const server = await lab.serve({
        wrapEntropy: (entropy) => new Proxy(entropy, broken),
        onFault: (e) => faults.push(e),
      });
      const client = await lab.registered(server);
      await client.session(async (session) => {
        const id = await session.create(AES_256);
        isBroken = true;
        expect(await reasonOf(session.create(AES_256))).toBe('GeneralFailure');
        isBroken = false;
        expect(await session.getAttributes(id, ['State'])).toHaveLength(1);
      });
      const contained = lab.events.filter((event: KmsEvent) => event.type === 'FAULT_CONTAINED');
      expect(contained).toEqual([
        { type: 'FAULT_CONTAINED', node: 'kms-a', client: 'vcenter', operation: 'Create', code: 'RangeError' },
      ]);
      expect([faults.length, server.faults]).toEqual([1, 1]);
      await server.close();
    }));
});

describe('names that every object inherits', () => {
  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('are no attributes: %s', (name) =>
    withSession(async (session, lab, _client, server) => {
      const id = await session.create(AES_256);
      const odd = { name, value: text('x') };
      const one = { uniqueIdentifier: id };
      expect(await reasonOf(session.perform('AddAttribute', { ...one, attribute: odd }))).toBe('InvalidField');
      expect(await reasonOf(session.perform('ModifyAttribute', { ...one, attribute: odd }))).toBe('InvalidField');
      expect(await reasonOf(session.perform('DeleteAttribute', { ...one, attributeName: name }))).toBe('InvalidField');
      expect(await reasonOf(session.perform('Locate', { attributes: [odd] }))).toBe('InvalidField');
      expect(await session.getAttributes(id, [name])).toEqual([]);
      const own = { name: `x-${name}`, value: integer(1) };
      await session.perform('AddAttribute', { ...one, attribute: own });
      expect(await session.perform('Locate', { attributes: [own] })).toEqual({ uniqueIdentifiers: [id] });
      expect([server.faults, lab.events.filter((event) => event.type === 'FAULT_CONTAINED')]).toEqual([0, []]);
    }),
  );
});

describe('Register', () => {
  it('keeps a certificate whose key OpenSSL does not know or cannot read, without a length', () =>
    withSession(async (session, lab, _client, server) => {
      const [der] = (await lab.selfSigned({ keyPair: generateKeyPairSync('rsa', { modulusLength: 1024 }) })).chain;
      const certificate = der as Uint8Array;
      const at = Buffer.from(certificate).indexOf(Buffer.from('06092a864886f70d010101', 'hex'));
      const unknown = Uint8Array.from(certificate);
      unknown[at + 10] = 0x63;
      const broken = Uint8Array.from(certificate);
      broken[at + 17] = 0x31; // the SEQUENCE inside the BIT STRING with the key
      for (const certificateValue of [unknown, broken]) {
        const object = { objectType: 'Certificate', certificateType: 'X509', certificateValue } as const;
        const { uniqueIdentifier } = await session.perform('Register', {
          object,
          templateAttribute: { attributes: [] },
        });
        const found = await session.getAttributes(uniqueIdentifier as KeyId, [
          'Cryptographic Length',
          'Certificate Type',
        ]);
        expect(found.map((one) => one.name)).toEqual(['Certificate Type']);
      }
      expect(server.faults).toBe(0);
    }));
});
