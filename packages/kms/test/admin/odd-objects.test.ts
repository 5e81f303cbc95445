// What a store took before each attribute's shape was checked: an administrator sees it as far as it can be read.
import { Tag } from '@vcryptsim/kmip-lite';
import type { KeyId } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { expect, it } from 'vitest';
import { Lab } from '../support/lab.js';
import { keyOf, openStore } from '../support/world.js';

const text = (value: string) => ({ type: 'TextString', utf8: new TextEncoder().encode(value) }) as const;
/** Values of a type that none of these attributes has. */
const ODD = [
  { name: 'Name', value: text('no structure') },
  { name: 'Name', value: { type: 'Structure', items: [{ tag: Tag.NameValue, type: 'Integer', value: 7 }] } },
  { name: 'Initial Date', value: text('yesterday') },
  { name: 'Activation Date', value: { type: 'Structure', items: [] } },
  { name: 'Cryptographic Algorithm', value: { type: 'Enumeration', value: 0x7fffffff } },
  { name: 'Cryptographic Length', value: { type: 'Boolean', value: true } },
  { name: 'Archive Date', value: { type: 'ByteString', bytes: Uint8Array.of(1, 2) } },
  { name: 'Revocation Reason', value: { type: 'Interval', value: 1 } },
  { name: 'Link', value: { type: 'Structure', items: [] } },
  { name: 'constructor', value: text('a name that objects inherit') },
  { name: '__proto__', value: text('another') },
] as const;

it.each(ODD.map((odd) => [odd.name, odd] as const))(
  'lists, shows and changes objects beside and with an unreadable %s',
  async (_name, odd) => {
    const files = new MemoryFileSystem();
    await Lab.run(async (lab) => (await lab.serve()).close(), { files });
    const { store } = await openStore(files, 2);
    await store.add(keyOf('good', 1), keyOf('odd', 2, { attributes: [odd] }));
    await store.close();
    await Lab.run(
      async (lab) => {
        const server = await lab.serve();
        const { administrator } = server;
        const list = await administrator.perform<'key.list'>({ action: 'key.list' });
        expect(list.map(({ id }) => id)).toEqual(['good', 'odd']);
        expect(list[0]).toMatchObject({ algorithm: 'AES', lengthBits: 256 });
        const id = 'odd' as KeyId;
        const shown = await administrator.perform<'key.show'>({ action: 'key.show', id });
        expect(shown.attributes.map(({ name }) => name)).toContain(odd.name);
        expect(JSON.parse(JSON.stringify(shown))).toMatchObject({ id: 'odd', type: 'SymmetricKey' });
        if (odd.name !== 'Archive Date') {
          const gone = await administrator.perform<'key.destroy'>({ action: 'key.destroy', id });
          expect(gone.state).toBe('Destroyed');
        }
        expect(server.faults).toBe(0);
        await server.close();
      },
      { files, start: 3 },
    );
  },
);
