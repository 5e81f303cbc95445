// A server with one fault at a time, judged by kmip check: what must fail fails, by the check that is about it, and what
// vCenter does not mind passes whole.
import type { CheckReport } from '@vcryptsim/kmip-check';
import { KMIP_CHECKS } from '@vcryptsim/kmip-check';
import { describe, expect, it } from 'vitest';
import { CERTIFICATES_OF, checked } from './support/checked.js';
import { FLAWS } from './support/flaws.js';
import { MUTANTS } from './support/mutants.js';

const MODES_MIN = 60;

/** Everything but what passed and what only needs something that did not. */
const differencesOf = ({ results }: CheckReport) =>
  results
    .filter(({ outcome, says }) => outcome !== 'pass' && !(outcome === 'not tried' && says.startsWith('It needs ')))
    .map(({ name, outcome }) => `${name}: ${outcome}`);

const credential = () => ({ username: 'vSphere', password: new TextEncoder().encode('open sesame') });

describe('a mutant server', () => {
  it('has at least sixty modes, each in the table once', () => {
    expect(MUTANTS.map(([mode]) => mode).toSorted()).toEqual(FLAWS.toSorted());
    expect(FLAWS.length).toBeGreaterThanOrEqual(MODES_MIN);
  });

  it('has modes for every check that a server can fail', () => {
    const failing = new Set(MUTANTS.flatMap(([, differs]) => differs).map((each) => each.split(':')[0]));
    const never = KMIP_CHECKS.map(({ name }) => name).filter((name) => !failing.has(name));
    expect(never).toEqual(['trust']); // certificates.test.ts
  });

  it('without a fault passes whole', async () => {
    expect(differencesOf((await checked([], () => ({ credential: credential() }))).report)).toEqual([]);
  });

  it.each(MUTANTS)('with the mode %j', async (mode, differs) => {
    const { report } = await checked(
      [mode],
      () => ({ hosts: 12, timeoutMs: 5_000, credential: credential() }),
      CERTIFICATES_OF.get(mode),
    );
    expect(differencesOf(report)).toEqual(differs);
    expect(report.status).toBe(differs.some((each) => each.endsWith(': fail')) ? 'failed' : 'passed');
  });
});
