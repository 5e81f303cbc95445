import { describe, expect, it } from 'vitest';
import { GOOD, load, problemsOf } from './support/scenario-texts.js';

describe('loadScenario', () => {
  it('reads a scenario with its defaults', async () => {
    const scenario = await load(GOOD);
    expect(scenario.lab.datastore).toBe('datastore1');
    expect(scenario.lab.vms.payroll).toEqual({
      host: 'esx-1',
      disk: { size: 64 * 1024 * 1024, dataUnit: 512 },
      policy: 'VM Encryption Policy',
    });
    expect(scenario.steps.map(({ title, line }) => [title, line])).toEqual([['vm.create: payroll', 9]]);
    expect(scenario.steps[0]?.expectations.map((each) => each.word)).toEqual(['vm.payroll.state']);
  });

  it('takes the kinds of disks, and refuses a datastore of VMFS6 with its reason', async () => {
    const disk = 'disk: { size: 64MiB, provisioning: thin }';
    const { lab } = await load(GOOD.replace('disk: 64MiB', disk));
    expect(lab.vms.payroll?.disk).toMatchObject({ provisioning: 'thin' });
    const thick = await problemsOf(GOOD.replace('disk: 64MiB', disk.replace('thin', 'thick')));
    expect(thick.join()).toContain("'thick' is not known here");
    const vmfs6 = await problemsOf(GOOD.replace('hosts:', 'datastores: { d1: VMFS6 }\n  hosts:'));
    expect(vmfs6.join()).toContain('VMFS6 takes its snapshots');
  });

  it('titles a step in one line, whatever its values hold, so that none begins a line like one of ours', async () => {
    const text = `${GOOD}\n  - vm.write: { vm: payroll, lba: 0, text: "v\\nFORGED line\\r\\tw" }\n`;
    const { steps } = await load(text);
    expect(steps.at(-1)?.title).toBe('vm.write: { vm: payroll, lba: 0, text: v FORGED line w }');
  });

  it.each([
    ['a wrong verb', '  - vm.craete: payroll', "x.yaml:9:5: unknown step 'vm.craete'. Did you mean 'vm.create'?"],
    [
      'a wrong VM',
      '  - vm.create: payrol',
      "x.yaml:9:16: 'payrol' is not known here; known: payroll. Did you mean 'payroll'?",
    ],
    [
      'a wrong argument',
      '  - vm.read: { vm: payroll, lab: 0 }',
      "x.yaml:9:29: unknown word 'lab'; known here: vm, disk, lba, sectors. Did you mean 'lba'?",
    ],
    [
      'a wrong mode',
      '  - fault.kms: { nodes: all, mode: hnag }',
      "x.yaml:9:36: 'hnag' is not known here; known: refuse, hang, slow. Did you mean 'hang'?",
    ],
    [
      'a wrong node in a list',
      '  - kms.stop: [kms-1, kms-3]',
      "x.yaml:9:23: 'kms-3' is not known here; known: all, kms-1, kms-2. Did you mean 'kms-1'?",
    ],
    ['a wrong duration', '  - wait: 5 moons', "x.yaml:9:11: '5 moons' is not a duration."],
    ['a missing argument', '  - vm.read: { vm: payroll }', "x.yaml:9:14: 'lba' is missing."],
    [
      'a wrong expectation',
      '  - wait: 5s\n    expect: { vm.payroll.sate: locked }',
      "x.yaml:10:15: unknown expectation 'vm.payroll.sate'",
    ],
    [
      'a wrong name in an expectation',
      '  - wait: 5s\n    expect: { vm.payrol.state: locked }',
      "x.yaml:10:15: 'payrol' is not in this lab; known: payroll. Did you mean 'vm.payroll.state'?",
    ],
    [
      'a wrong state',
      '  - wait: 5s\n    expect: { vm.payroll.state: lokced }',
      "x.yaml:10:33: 'lokced' is not known here",
    ],
    [
      'a wrong condition',
      '  - until: { vm.payroll.state: locked, witin: 5m }',
      "x.yaml:9:40: unknown expectation 'witin'",
    ],
    ['two verbs in one step', '  - wait: 5s\n    kms.stop: all', "x.yaml:10:5: 'kms.stop' and 'wait' are two steps"],
    ['a step that is a word', '  - wait', 'x.yaml:9:5: a step is a map'],
    ['a quiz without its answer', '  - wait: 5s\n    quiz: { ask: q, choices: [a, b], why: w }', "'answer' is missing"],
    [
      'an answer that no choice has',
      '  - wait: 5s\n    quiz: { ask: q, choices: [a, b], answer: 3, why: w }',
      'x.yaml:10:46: no choice has that number.',
    ],
  ])('tells file, line, column and nearest word of %s', async (_name, steps, wanted) => {
    const text = GOOD.slice(0, GOOD.indexOf('  - vm.create')) + steps;
    const problems = await problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(wanted);
  });

  it.each([
    ['no such host', 'host: esx-1,', 'host: esx-9,', "x.yaml:7:22: host 'esx-9' is not in this lab"],
    ['a size without unit', '64MiB', '64', 'x.yaml:7:35'],
    ['a size that is no sectors', '64MiB', '100B', "'100B' is not a disk size"],
    ['a wrong policy', '64MiB', '64MiB, policy: VM Encription Policy', "Did you mean 'VM Encryption Policy'?"],
    ['a wrong word at the top', 'about: a', 'abuot: a', "x.yaml:2:1: unknown word 'abuot'"],
    ['a wrong word in the lab', 'hosts:', 'hsots:', "x.yaml:5:3: unknown word 'hsots'"],
    ['a host twice', '[esx-1]', '[esx-1, esx-1]', "'esx-1' is listed twice"],
    ['a name that is a path', 'kms-2', '../kms', 'a name has letters'],
    [
      'a replica without a second node',
      ', kms-2] }',
      '], replication: { every: 5s } }',
      'replication needs a second node',
    ],
    ['a replica that never asks', 'kms-2] }', 'kms-2], replication: { every: never } }', "'never' is not a duration"],
    [
      'a replica of a key server that is not ours',
      'kms-2] }',
      'kms-2], replication: { every: 5s }, external: { host: h, cert: c, key: k, ca: a } }',
      'replication is for the key servers of the lab, not for an external one',
    ],
  ])('refuses a lab with %s', async (_name, from, to, wanted) => {
    const problems = await problemsOf(GOOD.replace(from, to));
    expect(problems.join('\n')).toContain(wanted);
  });

  it('tells everything that is wrong at once, in a lab and in steps', async () => {
    const text = GOOD.replace('disk: 64MiB', 'disk: big').replace('vm.create', 'vm.craete');
    const problems = await problemsOf(text);
    expect(problems).toHaveLength(2);
    expect(problems.join('\n')).toContain("'big' is not a size");
    expect(problems.join('\n')).toContain("unknown step 'vm.craete'");
  });

  it('says where YAML itself is broken', async () => {
    expect((await problemsOf('name: n\nabout: [a\nsteps: x'))[0]).toMatch(/^x\.yaml:\d+:\d+: not valid YAML/);
    expect((await problemsOf('name: n\nname: m\n'))[0]).toContain('x.yaml:2:1: not valid YAML');
    expect((await problemsOf('')).join('\n')).toContain('x.yaml:1:1');
    expect((await problemsOf('- a\n- b\n')).join('\n')).toContain('x.yaml:1:1');
  });

  it('does not unfold a billion laughs', async () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}]`).join('\n');
    await expect(problemsOf(`l0: &l0 [x]\n${levels}\n`)).resolves.not.toEqual([]);
  });

  it('splices parts and writes repetitions out', async () => {
    const text = `${GOOD}  - use: parts/p.yaml\n  - repeat: { times: 3, steps: [{ wait: 1s }] }\n`;
    const scenario = await load(text, { 'p.yaml': 'about: p\nsteps:\n  - wait: 5s\n  - vm.power-on: payroll\n' });
    expect(scenario.steps.map((step) => step.title)).toEqual([
      'vm.create: payroll',
      'wait: 5s',
      'vm.power-on: payroll',
      'wait: 1s',
      'wait: 1s',
      'wait: 1s',
    ]);
  });

  it('takes the lab of a part, and names the part where that is wrong', async () => {
    const body = GOOD.slice(GOOD.indexOf('lab:'), GOOD.indexOf('steps:'));
    const text = GOOD.replace(body, 'use: parts/lab.yaml\n');
    expect((await load(text, { 'lab.yaml': `about: l\n${body}` })).lab.hosts).toEqual(['esx-1']);
    const wrong = await problemsOf(text, { 'lab.yaml': `about: l\n${body.replace('64MiB', 'x')}` });
    expect(wrong[0]).toMatch(/^parts\/lab\.yaml:6:\d+: 'x' is not a size/);
  });

  it('refuses parts that are missing, elsewhere or in a circle', async () => {
    const use = (name: string) => `${GOOD}  - use: ${name}\n`;
    expect((await problemsOf(use('parts/none.yaml')))[0]).toContain("the part 'parts/none.yaml' cannot be read");
    expect((await problemsOf(use('../etc/passwd')))[0]).toContain('is not a path below');
    const circle = { 'c.yaml': 'about: c\nsteps: [{ use: parts/c.yaml }]\n' };
    expect((await problemsOf(use('parts/c.yaml'), circle))[0]).toContain('circle');
  });
});
