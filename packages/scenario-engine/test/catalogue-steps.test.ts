// Every operation of vCenter's catalogue that has a verb is a step; names are looked up when it is taken.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPERATIONS } from '@vcryptsim/lab/catalogue';
import { describe, expect, it } from 'vitest';
import { EXPECTATIONS, STEPS } from '../src/index.js';
import { run, temporaryFolder, troubles } from './support/run.js';
import { problemsOf } from './support/scenario-texts.js';

const HEAD = `name: steps of the catalogue
about: each example
lab:
  kms: { provider: corp-kms, nodes: [kms-1, kms-2] }
  hosts: [esx-1, esx-2, esx-3]
  vms:
    payroll: { host: esx-1, disk: 64KiB }
    web: { host: esx-1, disk: 64KiB, policy: Datastore Default }
steps:
  - vm.create: payroll
  - vm.create: web
  - user.add: alice
  - role.add: { role: Operator, privileges: [] }
  - policy.create: Encrypted and replicated
`;
/** An example may do what was done before: it is linted as if that were expected to fail. */
const asStep = (line: string) => `  - ${line}\n    expect: { error: ALREADY_EXISTS }\n`;

describe('the verbs', () => {
  it('are those of the catalogue, among others, each once', () => {
    const verbs = STEPS.map(({ verb }) => verb);
    expect(new Set(verbs).size).toBe(verbs.length);
    const missing = OPERATIONS.flatMap(({ verb }) => (verb === undefined || verbs.includes(verb) ? [] : verb));
    expect(missing).toEqual([]);
  });

  it.each(STEPS.map(({ verb, example }) => [verb, example]))(
    '%s has an example that is right',
    async (verb, example) => {
      expect(example.startsWith(`${verb}: `)).toBe(true);
      expect(await problemsOf(`${HEAD}${asStep(example)}`)).toEqual([]);
    },
  );

  it.each(EXPECTATIONS.map(({ word, example }) => [word, example]))('%s has one too', async (word, example) => {
    const [before = '', after = ''] = word.split('NAME');
    expect(example.startsWith(before) && example.includes(`${after}: `)).toBe(true);
    expect(await problemsOf(`${HEAD}  - wait: 1s\n    expect: { ${example} }\n`)).toEqual([]);
  });
});

describe('lint', () => {
  it.each([
    ['user.remove: bob', "user 'bob@vsphere.local' is not there yet", ''],
    ['wait: 1s\n    as: alicia', "user 'alicia@vsphere.local' is not there yet", "'alice@vsphere.local'"],
    ['permission.set: { user: alice, role: Opertor, on: / }', "'Opertor' is not known here", "'Operator'"],
    [
      'policy.delete: Encrypted and replicate',
      "'Encrypted and replicate' is not known here",
      "'Encrypted and replicated'",
    ],
    ['role.add: { role: R, privileges: [Cryptographer.EncryptNw] }', 'is not known here', "'Cryptographer.EncryptNew'"],
    ['role.add: { role: R, privileges: { like: Operatr } }', "'Operatr' is not known here", "'Operator'"],
    ['host.add: { host: esx-7, cluster: cluster-1 }', "'esx-7' is not known here", "'esx-1'"],
    ['vm.register: { path: payroll.vmx, host: esx-1 }', 'a path is as', ''],
    ['vm.create: { vm: payrol }', "'payrol' is not known here; known: payroll, web", "'payroll'"],
    ['vm.create: { vm: fresh, disk: 1MiB }', "'host' is missing", ''],
    ['provider.check: kms-1', 'a text does not fit here', ''],
  ])('%s', async (step, says, hint) => {
    const problems = await problemsOf(`${HEAD}  - ${step}\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(says);
    expect(problems[0]).toContain(hint);
  });

  it('knows what earlier steps made, and what later ones took away', async () => {
    const steps = `  - vm.create: { vm: fresh, host: esx-1, disk: 64KiB }
  - vm.power-on: fresh
  - vm.unregister: fresh
  - vm.power-off: fresh
  - vm.register: { path: '[datastore1] fresh/fresh.vmx', host: esx-2 }
  - vm.power-on: fresh
`;
    expect(await problemsOf(`${HEAD}${steps}`)).toEqual([
      expect.stringContaining("VM 'fresh' is gone since x.yaml:17"),
    ]);
    const early = '  - role.remove: Later\n  - role.add: { role: Later, privileges: [] }\n';
    expect(await problemsOf(`${HEAD}${early}`)).toEqual([expect.stringContaining("role 'Later' is not there yet")]);
  });
});

describe('the steps of the catalogue', () => {
  it('do what the operations do, by names that are looked up at that moment', async () => {
    const path = join(temporaryFolder(), 'catalogue.yaml');
    writeFileSync(
      path,
      `${HEAD}  - role.update: { role: Operator, privileges: { like: No cryptography administrator } }
    expect: { vcenter.event: { type: vim.event.RoleUpdatedEvent, arguments: { role: Operator } } }
  - permission.set: { user: alice, role: Operator, on: /dc-1 }
    expect:
      permission: { user: alice, on: /dc-1, role: Operator }
      vcenter.event: { type: vim.event.PermissionAddedEvent, user: administrator, object: dc-1 }
  - vm.power-on: /dc-1/vm/web
    as: alice
    expect:
      task: { name: PowerOnVM_Task, state: success, user: alice, object: web }
      vcenter.event: { type: vim.event.VmPoweredOnEvent, user: alice, object: web }
  - vm.create: { vm: archive, host: esx-1, disk: 64KiB }
    as: alice
    expect:
      error: { code: NO_PERMISSION, privilege: Cryptographer.EncryptNew, object: vm }
      task: none
      kmip: []
  - vm.create: { vm: archive, host: esx-1, policy: Encrypted and replicated, disks: [64KiB, { size: 64KiB, dataUnit: 4096 }] }
    expect: { vm.archive.compliance: { home: compliant, disks: [compliant, compliant] } }
  - vm.power-on: archive
  - vm.write: { vm: archive, disk: 2, lba: 8, text: on the second disk }
  - vm.digest: { vm: archive, disk: 2 }
  - vm.read: { vm: archive, lba: 8 }
    expect: { text: "" }
  - vm.read: { vm: archive, disk: 3, lba: 8 }
    expect: { error: DISK_NOT_THERE }
  - policy.update: { policy: Encrypted and replicated, encrypts: false }
    expect: { policy.Encrypted and replicated.compliance: nonCompliant, policy.VM Encryption Policy.compliance: { payroll: compliant } }
  - policy.check: [archive, web]
  - policy.delete: Encrypted and replicated
    expect: { error: RESOURCE_IN_USE }
  - cluster.create: cluster-2
  - folder.create: Finance
  - vm.create: { vm: web, host: esx-2, disk: 64KiB, policy: Datastore Default, folder: Finance }
    expect: { task: { name: CreateVM_Task, state: success, object: Finance } }
  - vm.power-on: web
    expect: { error: { code: NAME_AMBIGUOUS, contains: /dc-1/vm/Finance/web } }
  - host.reconnect: esx-2
  - key.generate: {}
    expect: { kmip: [{ op: Create }] }
  - provider.check: {}
  - permission.remove: { user: alice, on: /dc-1 }
    expect: { permission: { user: alice, on: /dc-1, role: none } }
  - vm.power-off: /dc-1/vm/web
    as: alice
    expect: { error: { code: NO_PERMISSION, privilege: VirtualMachine.Interact.PowerOff, object: web } }
  - user.remove: alice
  - role.remove: Operator
  - task.cancel: PowerOnVM_Task
    expect: { error: NAME_NOT_FOUND }
  - permission.set: { user: administrator, role: Administrator, on: nowhere }
    expect: { error: { code: NAME_NOT_FOUND, contains: "vCenter knows no object 'nowhere'" } }
`,
    );
    const result = await run(path);
    expect(troubles(result)).toEqual([]);
    expect(result.status).toBe('passed');
  });
});
