import { VCenterError } from '@vcryptsim/vcenter';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDatabase } from '../src/database/read-database.js';
import { type CLUSTER, ESX_1, Lab } from './support/lab.js';

async function anyDatabase(): Promise<string> {
  let text = '';
  await Lab.run([ESX_1], async (lab, vcenter) => {
    await lab.encryptedVm(vcenter);
    await vcenter.addCluster('cluster-2' as typeof CLUSTER);
    text = new TextDecoder().decode((await lab.filesUnder('/vcenter')).get('/vcenter/vcdb.json'));
  });
  return text;
}

/** Replaces the `at`-th value of a JSON text, counted through the whole tree. */
function withValue(text: string, at: number, replacement: unknown): { readonly text: string; readonly values: number } {
  let seen = 0;
  const edited = JSON.parse(text, (_member, value: unknown) => {
    seen += 1;
    return seen - 1 === at ? replacement : value;
  });
  return { text: JSON.stringify(edited) ?? 'null', values: seen };
}

describe('any edit of a database', () => {
  it('is either read, and written back as it was read, or refused as damage', async () => {
    const text = await anyDatabase();
    const { values } = withValue(text, -1, null);
    let refused = 0;
    fc.assert(
      fc.property(fc.nat(values - 1), fc.jsonValue(), (at, replacement) => {
        const bytes = new TextEncoder().encode(withValue(text, at, replacement).text);
        try {
          const content = readDatabase('/vcdb.json', bytes);
          expect(readDatabase('/vcdb.json', new TextEncoder().encode(JSON.stringify(content)))).toEqual(content);
        } catch (error) {
          expect(error).toBeInstanceOf(VCenterError);
          expect(error).toMatchObject({ code: 'DATABASE_DAMAGED' });
          refused += 1;
        }
      }),
      { numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(0);
  });
});
