// Who takes a step: as a user, by the web client or by the API.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, temporaryFolder, troubles } from './support/run.js';
import { GOOD, load, problemsOf } from './support/scenario-texts.js';

const HEAD = `name: callers
about: who takes a step
lab:
  vms: { web: { host: esx-1, disk: 64KiB } }
steps:
`;

async function runSteps(steps: string) {
  const path = join(temporaryFolder(), 'callers.yaml');
  writeFileSync(path, `${HEAD}${steps}`);
  return run(path);
}

describe('a step says who takes it', () => {
  it('in the form in which the user logs in, the administrator by the web client when nothing is said', async () => {
    const { steps } = await load(
      `${GOOD}  - user.add: alice@corp.local\n  - vm.power-on: payroll\n    as: alice@corp.local\n    via: api\n`,
    );
    expect(steps.map(({ caller }) => caller)).toEqual([
      { user: null, via: 'client', vcenter: null },
      { user: null, via: 'client', vcenter: null },
      { user: 'alice@corp.local', via: 'api', vcenter: null },
    ]);
    const [, short] = (await load(`${GOOD}  - wait: 1s\n    as: Administrator\n`)).steps;
    expect(short?.caller.user).toBe('administrator@vsphere.local');
  });

  it.each([
    ['as: "a b"', 'x.yaml:12:9: a user is a name as alice or alice@vsphere.local.'],
    ['via: apo', "x.yaml:12:10: 'apo' is not known here; known: client, api. Did you mean 'api'?"],
  ])('%s is refused with its place', async (beside, wanted) => {
    expect(await problemsOf(`${GOOD}  - wait: 1s\n    ${beside}\n`)).toEqual([wanted]);
  });

  it.each(['as: alice', 'via: api', 'expect: { alarm: none }'])('%s is not for a repetition', async (beside) => {
    const [problem] = await problemsOf(`${GOOD}  - repeat: { times: 2, steps: [{ wait: 1s }] }\n    ${beside}\n`);
    expect(problem).toContain("goes beside a step, not beside 'repeat'");
  });

  it('and one whom vCenter does not know is refused before anything is done, whatever the step', async () => {
    const result = await runSteps(`  - vm.create: web
    as: mallory
    expect: { error: INVALID_LOGIN, kmip: [] }
  - wait: 1s
    as: mallory
    expect: { error: { code: INVALID_LOGIN, contains: mallory@vsphere.local } }
  - vm.create: web
    as: administrator@vsphere.local
    via: api
`);
    expect(troubles(result)).toEqual([]);
  });
});

describe('an expected error', () => {
  it('may name the privilege and the object; other ones are not met', async () => {
    const result = await runSteps(`  - vm.create: web
  - vm.create: web
    expect: { error: { code: ALREADY_EXISTS, privilege: Cryptographer.EncryptNew } }
`);
    expect(troubles(result)).toEqual([
      expect.stringContaining('wanted ALREADY_EXISTS for want of Cryptographer.EncryptNew, found ALREADY_EXISTS: '),
    ]);
  });
});
