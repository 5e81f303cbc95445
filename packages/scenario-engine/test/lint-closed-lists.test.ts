import { describe, expect, it } from 'vitest';
import { GOOD, problemsOf } from './support/scenario-texts.js';

const withStep = (step: string) => problemsOf(`${GOOD}${step}\n`);
const empty = GOOD.slice(0, GOOD.indexOf('  - vm.create'));

describe('lint knows', () => {
  it.each([
    ['error codes', 'expect: { error: VM_LOKED }', "Did you mean 'VM_LOCKED'?"],
    ['error codes in a map', 'expect: { error: { code: KMS_CLUSTER_EROR } }', "Did you mean 'KMS_CLUSTER_ERROR'?"],
    ['event types', 'expect: { event: VM_LOCKD }', "Did you mean 'VM_LOCKED'?"],
    ['actors', 'expect: { event: { type: VM_LOCKED, source: exs-1 } }', "Did you mean 'esx-1'?"],
    ['KMIP operations', 'expect: { kmip: [{ op: Cretae }] }', "Did you mean 'Create'?"],
    ['KMIP results', 'expect: { kmip: [{ op: Get, result: ItemNotFnd }] }', "Did you mean 'ItemNotFound'?"],
    ['key servers on the wire', 'expect: { kmip: [{ op: Get, to: kms-9 }] }', "Did you mean 'kms-1'?"],
    ['names of alarms', 'expect: { alarm: { name: Virtual Machine Loked Alarm } }', "'Virtual Machine Locked Alarm'?"],
    ['VMs in an expected error', 'expect: { error: { code: VM_LOCKED, key: payrol } }', "Did you mean 'payroll'?"],
  ])('%s', async (_name, expectation, wanted) => {
    const problems = await withStep(`  - wait: 1s\n    ${expectation}`);
    expect(problems).toEqual([expect.stringContaining(wanted)]);
    expect(problems[0]).toMatch(/^x\.yaml:12:\d+: /);
  });

  it.each([
    ['expect: { error: VM_LOCKED }'],
    ['expect: { error: { code: KEY_GENERATION_FAILED, contains: node } }'],
    ['expect: { event: { type: REPLICA_ADVANCED, source: kms } }'],
    [
      'expect: { kmip: [{ op: Discover Versions, result: any }, { op: get attributes, to: kms-2, result: item not found }] }',
    ],
    ['expect: { alarm: { name: Virtual Machine Locked Alarm, contains: keys } }'],
    ['expect: { alarm: none }'],
  ])('nothing against %s', async (expectation) => {
    expect(await withStep(`  - wait: 1s\n    ${expectation}`)).toEqual([]);
  });

  it.each([
    ['host.reboot: esx-9', "Did you mean 'esx-1'?"],
    ['host.crash: { host: exs-1 }', "Did you mean 'esx-1'?"],
    ['kms.stop: { nodes: kms-7 }', "Did you mean 'kms-1'?"],
    ['fault.clear: [kms-1, kms-5]', "Did you mean 'kms-1'?"],
    ['fault.kms: { nodes: [kms-4], mode: hang }', "Did you mean 'kms-1'?"],
    ['vm.export: { vm: payrol }', "Did you mean 'payroll'?"],
    ['vm.digest: { vm: payrol }', "Did you mean 'payroll'?"],
    ['until: { vm.payrol.state: locked, within: 5m }', "Did you mean 'vm.payroll.state'?"],
    ['until: { keys.esx-2.ram: [], within: 5m }', "Did you mean 'keys.esx-1.ram'?"],
  ])('the names of the lab in %s', async (step, wanted) => {
    expect(await withStep(`  - ${step}`)).toEqual([expect.stringContaining(wanted)]);
  });

  it.each([
    ['power-on', 'vm.power-on: payroll'],
    ['a write', 'vm.write: { vm: payroll, lba: 0, text: x }'],
    ['an expectation', 'wait: 1s\n    expect: { vm.payroll.state: locked }'],
    ['a condition', 'until: { vm.payroll.state: locked, within: 5m }'],
    ['a repetition', 'repeat: { times: 2, steps: [{ vm.power-off: payroll }] }'],
  ])('that a VM is created before %s', async (_name, step) => {
    const problems = await problemsOf(`${empty}  - ${step}\n  - vm.create: payroll\n`);
    expect(problems).toEqual([expect.stringContaining("VM 'payroll' is used before it is created")]);
    expect(problems[0]).toContain("put 'vm.create: payroll' first");
  });

  it('that a VM is created once, and that a creation which fails creates none', async () => {
    expect(await withStep('  - vm.create: payroll')).toEqual([
      expect.stringContaining("x.yaml:11:5: VM 'payroll' is created twice, first in x.yaml:9"),
    ]);
    const failed = '  - vm.create: payroll\n    expect: { error: KEY_GENERATION_FAILED }\n';
    expect(await problemsOf(`${empty}${failed}  - vm.create: payroll\n`)).toEqual([]);
    expect(await problemsOf(`${empty}${failed}  - vm.power-on: payroll\n`)).toHaveLength(1);
  });

  it('where a disk ends', async () => {
    const last = 64 * 2048 - 1;
    expect(await withStep(`  - vm.read: { vm: payroll, lba: ${last} }`)).toEqual([]);
    const beyond = [`lba: ${last + 1}`, `lba: ${last}, sectors: 2`, 'lba: 4000000000'];
    for (const place of beyond) {
      expect(await withStep(`  - vm.read: { vm: payroll, ${place} }`)).toEqual([
        expect.stringContaining('which has 131072 sectors (0 to 131071)'),
      ]);
      expect(await withStep(`  - vm.write: { vm: payroll, ${place}, text: x }`)).toHaveLength(1);
    }
  });

  it('that a step which expects an error may do what cannot work', async () => {
    expect(await withStep('  - vm.read: { vm: payroll, lba: 4000000 }\n    expect: { error: OUT_OF_RANGE }')).toEqual(
      [],
    );
    const early = '  - vm.power-on: payroll\n    expect: { error: VM_NOT_CREATED }\n';
    expect(await problemsOf(`${empty}${early}`)).toEqual([]);
  });

  it('which host was meant for a VM', async () => {
    expect(await problemsOf(GOOD.replace('host: esx-1,', 'host: exs-1,'))).toEqual([
      expect.stringContaining("host 'exs-1' is not in this lab; known: esx-1. Did you mean 'esx-1'?"),
    ]);
  });
});
