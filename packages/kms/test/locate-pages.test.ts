// Clients that list a server's keys page by page with Offset Items, each under the version that it speaks.
import type { KmipClient, KmipSession } from '@vcryptsim/kmip-lite/client';
import { describe, expect, it } from 'vitest';
import { Lab } from './support/lab.js';
import { AES_256 } from './support/session.js';

const KEYS = 2_500;
const PAGE = 256;

async function create(session: KmipSession, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made++) ids.push(await session.create(AES_256));
  return ids;
}

describe('Locate by pages', () => {
  it('answers 2,500 keys each once under every version, also while keys are made', () =>
    Lab.run(async (lab) => {
      const server = await lab.serve();
      const identity = await lab.selfSigned();
      await server.addClient({ name: 'vcenter', certificate: identity.chain[0]! });
      const client = (minor: number): KmipClient => lab.client(server, identity, { version: { major: 1, minor } });
      const ids = await client(1).session((session) => create(session, KEYS));
      for (const minor of [0, 1, 2, 3, 4]) {
        await client(minor).session(async (session) => {
          const seen: string[] = [];
          for (let offsetItems = 0; ; offsetItems += PAGE) {
            const page = await session.perform('Locate', { attributes: [], maximumItems: PAGE, offsetItems });
            // Located Items came with 1.3; a client of an earlier version must not meet it.
            expect(page.locatedItems).toBe(minor < 3 ? undefined : ids.length);
            seen.push(...page.uniqueIdentifiers);
            if (page.uniqueIdentifiers.length < PAGE) break;
            ids.push(...(await create(session, 1)));
          }
          expect(seen).toEqual(ids);
        });
      }
      await server.close();
    }));
});
