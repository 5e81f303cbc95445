// `vcryptsim run` and `scenario` as users start them: a process of its own, its exit code, what it prints and leaves.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasStackTrace, runCli } from '../../../test/support/run-cli.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const DEMO = 'scenarios/host-reboot-without-kms.yaml';
const SMALL = `name: small
about: one wait
lab: { vms: { payroll: { host: esx-1, disk: 1MiB } } }
steps:
  - vm.create: payroll
`;

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const put = (name: string, text: string) => {
  writeFileSync(at(name), text);
  return at(name);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcryptsim-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the demo', () => {
  it('tells its story and leaves everything to look at', async () => {
    const keep = at('demo');
    const { exitCode, stdout, stderr } = await runCli(['run', DEMO, '--keep', keep]);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    for (const act of ['Act 1', 'Act 2', 'Act 3', 'Act 4']) expect(stdout).toContain(act);
    expect(stdout).toContain('HA would restart the VM there');
    expect(stdout).toMatch(/refused: .*locked: key\s+[0-9a-f]{8}-[0-9a-f-]{27}\/corp-kms/);
    expect(stdout).toMatch(/vcenter -> kms-1: Discover Versions, Create \(Success\)/);
    expect(stdout).toMatch(/KEK of payroll [0-9a-f]{8} +bytes +ID only +bytes +ID only/);
    expect(stdout).toMatch(/KEK of payroll [0-9a-f]{8} +bytes \(off\) +ID only +- +ID only/);
    expect(stdout).toMatch(/SHA-256 of the image, .*\n +[0-9a-f]{64}\n +[0-9a-f]{64} \(payroll\)\n/);
    expect(stdout).toMatch(/^PASSED .* seed 42/m);
    expect(stdout).toContain(`are in ${keep}`);
    // No colours and no emoji where it is no terminal; an act fits a screen.
    expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
    for (const act of stdout.split(/^Act /m)) expect(act.split('\n').length).toBeLessThanOrEqual(50);
    expect(readdirSync(keep)).toEqual([
      ...['datastores', 'events.jsonl', 'exports', 'hosts', 'kms', 'lock', 'run.json', 'vcenter'],
      ...['vcryptsim-run.json', 'wire.jsonl'],
    ]);
    expect(JSON.parse(readFileSync(join(keep, 'run.json'), 'utf8')).runs[0].status).toBe('passed');
    const events = readFileSync(join(keep, 'events.jsonl'), 'utf8').trimEnd().split('\n');
    expect(events.map((line) => JSON.parse(line).event.type)).toContain('VM_UNLOCKED');
  });

  it('ends with commands that work', async () => {
    const keep = at('commands');
    const { stdout } = await runCli(['run', DEMO, '--keep', keep]);
    const commands = [...stdout.replaceAll(/ \\\n\s+/g, ' ').matchAll(/^ {2}npx --no-install vcryptsim (.*)$/gm)].map(
      ([, words = '']) => words,
    );
    expect(commands).toHaveLength(3);
    const [inspect, scan, another] = await Promise.all(commands.map((words) => runCli(words.split(' '))));
    expect(inspect).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('key ID') });
    expect(scan).toMatchObject({ exitCode: 0, stdout: expect.not.stringContaining('.vmdk') });
    expect(another).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('PASSED') });
    const left = another?.stdout.match(/are in (\S+)/)?.[1];
    if (left !== undefined) rmSync(left, { recursive: true });
  });
});

describe('vcryptsim run', () => {
  it('writes reports and prints one JSON document', async () => {
    const words = ['run', put('small.yaml', SMALL), '--wire', 'memory', '--seed', '9', '--keep', at('json'), '--json'];
    const reports = `junit=${at('r.xml')},json=${at('r.json')}`;
    const { exitCode, stdout } = await runCli([...words, '--report', reports]);
    expect(exitCode).toBe(0);
    const [only] = JSON.parse(stdout).runs;
    expect(JSON.parse(stdout).version).toBe(1);
    expect(only).toMatchObject({ status: 'passed', seed: 9, wire: 'memory', folder: at('json') });
    expect(JSON.parse(readFileSync(at('r.json'), 'utf8'))).toEqual(JSON.parse(stdout));
    expect(readFileSync(at('r.xml'), 'utf8')).toContain('tests="2" failures="0"');
  });

  it('ends with 1 when an expectation fails, skips the rest, and says what was found', async () => {
    const path = put('fails.yaml', `${SMALL}    expect: { vm.payroll.state: poweredOn }\n  - wait: 1s\n`);
    const { exitCode, stdout } = await runCli(['run', path, '--keep', at('fails'), '--json']);
    expect(exitCode).toBe(1);
    const [{ status, steps }] = JSON.parse(stdout).runs;
    expect(status).toBe('failed');
    expect(steps.map((step: { status: string }) => step.status)).toEqual(['failed', 'skipped']);
    expect(steps[0].failures[0]).toMatchObject({
      what: 'vm.payroll.state',
      found: expect.stringContaining('poweredOff'),
    });
    const quiet = await runCli(['run', path, '--keep', at('fails2'), '--quiet']);
    expect(quiet.stdout).toBe('');
    expect(quiet.stderr).toMatch(
      /^Repeat it:\n {2}npx --no-install vcryptsim run[\s\\]+\S*fails\.yaml[\s\\]+--seed[\s\\]+\d+\nFAILED at step 1 of 2, /,
    );
    expect(quiet.stderr).toContain('fails.yaml:5: vm.create: payroll\n    ! vm.payroll.state\n');
    expect(quiet.stderr).toMatch(/wanted {2}payroll poweredOn\n +seen {4}unlocked, poweredOff/);
  });

  it('draws a seed where the file has none, and prints it', async () => {
    const { stdout } = await runCli(['run', put('small.yaml', SMALL), '--wire', 'memory', '--keep', at('drawn')]);
    expect(stdout).toMatch(/seed +\d+ \(keys made under a seed are not secret\)/);
  });

  it.each([
    [
      'a wrong word',
      'craete',
      SMALL.replace('vm.create', 'vm.craete'),
      /craete\.yaml:5:5: .*Did you mean 'vm\.create'/,
    ],
    ['no YAML', 'yaml', 'name: [', /yaml\.yaml:\d+:\d+: not valid YAML/],
    ['nothing in it', 'empty', '', /empty\.yaml:1:1/],
  ])('ends with 2 for a scenario with %s, before anything is made', async (_what, name, text, says) => {
    const keep = at(`keep-${name}`);
    const outcome = await runCli(['run', put(`${name}.yaml`, text), '--keep', keep]);
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(says) });
    expect(hasStackTrace(outcome.stderr)).toBe(false);
    expect(existsSync(keep)).toBe(false);
  });

  it.each([
    ['a scenario that is not there', ['run', 'nowhere.yaml'], /nowhere\.yaml/],
    ['a seed that is no number', ['run', DEMO, '--seed', 'x'], /whole number/],
    ['an engine that does not exist', ['run', DEMO, '--engine', 'gpu'], /native/],
    ['a report of an unknown kind', ['run', DEMO, '--report', 'tap=x'], /junit=FILE/],
    ['no file', ['run'], /file/],
  ])('ends with 2 for %s', async (_what, words, says) => {
    const outcome = await runCli(words);
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(says) });
    expect(hasStackTrace(outcome.stderr)).toBe(false);
  });
});

describe('vcryptsim scenario', () => {
  it('lists what there is, lints it and shows it', async () => {
    const names = readdirSync(join(ROOT, 'scenarios')).filter((name) => name.endsWith('.yaml'));
    const { scenarios: list } = JSON.parse((await runCli(['scenario', 'list', '--json'])).stdout);
    expect(list.map(({ name }: { name: string }) => `${name}.yaml`)).toEqual(names);
    const lint = await runCli(['scenario', 'lint', ...names.map((name) => `scenarios/${name}`)]);
    expect(lint.exitCode).toBe(0);
    const show = await runCli(['scenario', 'show', 'host-reboot-without-kms']);
    expect(show.stdout).toContain('host.reboot: esx-1');
    const verbs = await runCli(['scenario', 'verbs']);
    expect(verbs.stdout).toContain('- vm.power-on: payroll');
    const words = await runCli(['scenario', 'words']);
    expect(words.stdout).toContain('keys.NAME.ram');
    const json = await Promise.all(['verbs', 'words'].map((list) => runCli(['scenario', list, '--json'])));
    expect(json.map(({ stdout }) => JSON.parse(stdout))).toEqual([
      { version: 1, verbs: expect.arrayContaining([expect.objectContaining({ verb: 'vm.create', mainField: 'vm' })]) },
      expect.objectContaining({ version: 1, expectations: expect.any(Array), beside: expect.any(Array) }),
    ]);
  });

  it('finds its own scenarios from anywhere', async () => {
    expect((await runCli(['scenario', 'list'], { cwd: folder })).stdout).toContain('host-reboot-without-kms');
  });

  it('ends with 2 for what it cannot find or read', async () => {
    expect(await runCli(['scenario', 'show', 'nothing'])).toMatchObject({ exitCode: 2, stdout: '' });
    const lint = await runCli([
      'scenario',
      'lint',
      put('bad.yaml', SMALL.replace('esx-1', 'esx-2')),
      DEMO,
      'none.yaml',
    ]);
    expect(lint.exitCode).toBe(2);
    expect(lint.stderr).toMatch(/bad\.yaml:3:\d+: host 'esx-2' is not in this lab/);
    expect(lint.stderr).toContain('none.yaml');
    expect(lint.stdout).toContain(`${DEMO}: `);
  });
});

describe('every verb', () => {
  it.each([['run'], ['scenario', 'list'], ['scenario', 'lint'], ['scenario', 'show'], ['inspect'], ['scan']])(
    'has help with an example: %s %s',
    async (...words) => {
      const outcome = await runCli([...words.filter((word) => word !== undefined), '--help']);
      expect(outcome).toMatchObject({
        exitCode: 0,
        stderr: '',
        stdout: expect.stringMatching(/Examples?:\n {2}vcryptsim/),
      });
    },
  );
});
