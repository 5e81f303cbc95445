// The test cases of OASIS' own committee, replayed against the key server.
import { describe, expect, it } from 'vitest';
import { leftOut, sharedPath } from '../../../../test/support/left-out.js';
import { readOasisFile } from './oasis-case.js';
import { runOasis } from './run-oasis.js';

describe.each([
  [
    'oasis-1.0.json',
    64,
    ['TC_134_10_Register_Key_Pair_Certify_and_Re_certify_Public_Key', 'TC_NP_1_10_Put', 'TC_NP_2_10_Notify_Put'],
  ],
  [
    'oasis-1.1-part.json',
    23,
    ['SKFF_O_6_11_SymmetricKeyOptional_6', 'TC_122_11_Query_Vendor_Extensions', 'TC_NP_2_11_Notify_Put'],
  ],
])('the cases of %s', (name, count, leftOutCases) => {
  const path = sharedPath(`kmip/${name}`);
  if (path === null) {
    it('are not at hand', () => leftOut(`OASIS ${name}`, 'the shared test material is not beside this checkout'));
    return;
  }

  it('[S14] get the answers that they expect, up to what is known to be left out', async () => {
    const file = readOasisFile(path);
    expect(file.cases).toHaveLength(count);
    const unsupported: string[] = [];
    for await (const replayed of runOasis(file, 'memory')) {
      expect.soft(replayed).toMatchObject({ id: replayed.id, outcome: { passed: true } });
      if (replayed.unsupported !== undefined) unsupported.push(replayed.id);
    }
    expect(unsupported).toEqual(leftOutCases);
  });
});
