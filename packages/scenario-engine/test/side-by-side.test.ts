// Steps side by side: each sees what it caused itself, is told by itself, and the same seed gives the same log.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NO_AUDIENCE, type RunResult } from '../src/index.js';
import { run, temporaryFolder, troubles } from './support/run.js';
import { problemsOf } from './support/scenario-texts.js';

const HEAD = `name: n
about: a
lab:
  hosts: [esx-1]
  vms:
    first: { host: esx-1, disk: 64KiB }
    payroll: { host: esx-1, disk: 64KiB }
    web: { host: esx-1, disk: 64KiB }
steps:
`;
// Every answer takes 5 s, so both are at it for minutes. At 17 s the way breaks for a moment: payroll is just dialing,
// web waits for an answer.
const CUT = `  - vm.create: first
  - fault.kms: { nodes: all, mode: slow, delay: 5s }
  - together:
      - vm.create: payroll
        expect:
          kmip: [{ op: Create }, { op: Get }, { op: Activate }]
          task: { name: CreateVM_Task, state: success }
      - use: parts/late-web.yaml
      - use: parts/cut.yaml
    expect: { kmip: [{ op: Create }, { op: Create, result: none }, { op: Get }] }
`;
const PARTS = {
  'late-web.yaml': `about: a
steps:
  - wait: 4s
  - vm.create: web
    expect:
      error: KEY_GENERATION_FAILED
      event: { type: KMS_STEP_FAILED }
      vcenter.event: { contains: Failed to generate key }
`,
  'cut.yaml': `about: a
steps:
  - wait: 17s
  - fault.kms: { nodes: all, mode: refuse }
  - fault.kms: { nodes: all, mode: slow, delay: 5s }
`,
};

async function runText(steps: string, o: Parameters<typeof run>[1] = {}): Promise<RunResult> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'x.yaml'), HEAD + steps.replaceAll('parts/', ''));
  for (const [name, text] of Object.entries(PARTS)) writeFileSync(join(folder, name), text);
  return run(join(folder, 'x.yaml'), o);
}

const stepOf = ({ steps }: RunResult, title: string) => steps.filter((step) => step.title === title).at(-1);

describe('two VMs that are created together, of which a key server refuses one', () => {
  it('see each its own conversation and its own refusal', async () => {
    const result = await runText(CUT);
    expect(troubles(result)).toEqual([]);
    const payroll = stepOf(result, 'vm.create: payroll');
    const web = stepOf(result, 'vm.create: web');
    // They were at it at the same time.
    expect(web?.startMs).toBeGreaterThan(payroll?.startMs ?? 0);
    expect((web?.startMs ?? 0) + (web?.durationMs ?? 0)).toBeLessThan(
      (payroll?.startMs ?? 0) + (payroll?.durationMs ?? 0),
    );
    expect(web?.wire).toEqual(['vcenter -> kms-1: Discover Versions, Create (no answer)']);
    expect(payroll?.wire.every((line) => line.endsWith('(Success)'))).toBe(true);
    expect(payroll?.wire.join()).toContain('Discover Versions, Create (Success)');
    const whole = result.steps.find(({ verb }) => verb === 'together');
    expect(whole).toMatchObject({ title: 'together: 6 steps side by side', inside: null, status: 'passed' });
    expect(whole?.wire).toEqual(expect.arrayContaining([...(web?.wire ?? []), ...(payroll?.wire ?? [])]));
    expect(result.steps.filter(({ inside }) => inside === whole?.number)).toHaveLength(6);
    expect(result.steps.map(({ number }) => number)).toEqual(result.steps.map((_, index) => index + 1));
  });

  it('do not see what the other one caused', async () => {
    const blames = CUT.replace('task: {', 'event: { type: KMS_STEP_FAILED }\n          task: {');
    const result = await runText(blames);
    expect(result.status).toBe('failed');
    expect(stepOf(result, 'vm.create: payroll')?.failures).toMatchObject([
      { what: 'event', wanted: 'KMS_STEP_FAILED' },
    ]);
    expect(result.steps.filter(({ status }) => status === 'failed')).toHaveLength(1);
  });

  it.each(['memory', 'tls'] as const)('leave the same log for the same seed, on the wire %s', async (wire) => {
    const [first, second] = [await runText(CUT, { wire }), await runText(CUT, { wire })];
    expect(first.eventLogSha256).toBe(second.eventLogSha256);
    expect(first.datastoreSha256).toBe(second.datastoreSha256);
  });
});

describe('steps side by side', () => {
  it('begin at the same moment, and both are done', async () => {
    const result = await runText('  - together: [{ vm.create: payroll }, { vm.create: web }]\n  - vm.power-on: web\n');
    expect(troubles(result)).toEqual([]);
    expect(result.steps.map(({ title, inside }) => [title, inside])).toEqual([
      ['together: 2 steps side by side', null],
      ['vm.create: payroll', 1],
      ['vm.create: web', 1],
      ['vm.power-on: web', null],
    ]);
    for (const { wire } of result.steps.slice(1, 3)) expect(wire.join().match(/Create/g)?.length).toBeGreaterThan(0);
  });

  it('fail by themselves; the rest of a strand is skipped, the others go on', async () => {
    const told: string[] = [];
    const audience = {
      ...NO_AUDIENCE,
      stepEnds: async (_: unknown, { title, status }: RunResult['steps'][number]) => {
        told.push(`${status} ${title}`);
      },
    };
    const steps = `  - vm.create: payroll
  - meanwhile:
      - vm.power-on: payroll
        expect: { vm.payroll.state: poweredOff }
      - vm.power-off: payroll
  - wait: 5s
  - say: not reached
`;
    const result = await runText(steps, { audience });
    expect(result.steps.map(({ title, status }) => `${status} ${title}`)).toEqual([
      'passed vm.create: payroll',
      'passed meanwhile: 3 steps beside the next',
      'failed vm.power-on: payroll',
      'skipped vm.power-off: payroll',
      'passed wait: 5s',
      'skipped say: not reached',
    ]);
    expect(result.steps[2]?.failures).toMatchObject([{ what: 'vm.payroll.state' }]);
    expect(told).toEqual(
      result.steps.filter(({ status }) => status !== 'skipped').map((s) => `${s.status} ${s.title}`),
    );
  });

  it('are awaited with the step beside which they began', async () => {
    const steps = `  - kms.stop: all
  - meanwhile: [{ wait: 20s }, { kms.start: all }]
  - wait: 5s
  - vm.create: payroll
`;
    const result = await runText(steps);
    expect(troubles(result)).toEqual([]);
    const ms = result.steps.map(({ startMs, durationMs }) => [startMs, durationMs]);
    expect(ms.slice(1, 5)).toEqual([
      [0, 20_000],
      [0, 20_000],
      [20_000, 0],
      [0, 5_000],
    ]);
    expect(ms[5]?.[0]).toBe(20_000);
  });
});

describe('lint of steps side by side', () => {
  const problems = (steps: string) => problemsOf(HEAD + steps);

  it('says where inside a mistake is', async () => {
    expect(await problems('  - together:\n      - vm.create: payroll\n      - vm.craete: web\n')).toEqual([
      "x.yaml:12:9: unknown step 'vm.craete'. Did you mean 'vm.create'?",
    ]);
    const late = '  - together:\n      - vm.create: payroll\n      - vm.power-on: payroll\n';
    expect(await problems(late)).toEqual([
      "x.yaml:12:9: VM 'payroll' is used before it is created; put 'vm.create: payroll' first.",
    ]);
    const twice = '  - together:\n      - vm.create: payroll\n      - vm.create: payroll\n';
    expect(await problems(twice)).toEqual([expect.stringMatching(/^x\.yaml:12:9: VM 'payroll' is created twice/)]);
    const wrong = '  - meanwhile:\n      - vm.create: nobody\n  - wait: 1s\n    expect: { kmp: [] }\n';
    expect(await problems(wrong)).toEqual([
      expect.stringMatching(/^x\.yaml:11:20: 'nobody'/),
      expect.stringMatching(/^x\.yaml:13:15: unknown expectation 'kmp'/),
    ]);
  });

  it.each([
    ['  - together: [{ wait: 1s }]\n', /10:15: 'together' holds a list of two steps or more/],
    ['  - together: { wait: 1s }\n', /10:15: 'together' holds a list/],
    ['  - wait: 1s\n  - meanwhile: [{ wait: 1s }]\n', /11:16: 'meanwhile' needs a step after it/],
    ['  - meanwhile: []\n  - wait: 1s\n', /10:16: 'meanwhile' holds a list of steps/],
    ['  - together: [{ wait: 1s }, { meanwhile: [{ wait: 1s }] }]\n', /'meanwhile' goes before a step/],
    [
      '  - together: [{ wait: 1s }, { together: [{ wait: 1s }, { wait: 1s }] }]\n',
      /10:5: 'together' cannot hold another/,
    ],
    ['  - together: [{ wait: 1s }, { wait: 2s }]\n    as: alice\n', /11:5: 'as' goes beside a step/],
  ])('refuses %j', async (steps, says) => {
    expect(await problems(steps)).toEqual([expect.stringMatching(says)]);
  });

  it('takes what a strand makes as made for itself and for what comes after', async () => {
    const good = `  - together:
      - repeat: { times: 1, steps: [{ vm.create: payroll }, { vm.power-on: payroll }] }
      - vm.create: web
    expect: { vm.web.state: poweredOff }
  - vm.power-off: payroll
  - vm.power-on: web
`;
    expect(await problems(good)).toEqual([]);
  });
});
