// What a lab can be made of: checked before anything is built, and built as it says.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Lab, machinesOf, sitePlanOf, World } from '@vcryptsim/lab';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { run, temporaryFolder, troubles } from './support/run.js';
import { load, problemsOf } from './support/scenario-texts.js';

const withLab = (lab: string, steps = '  - wait: 1s\n') =>
  `name: n\nabout: a\nlab:\n${lab.replace(/^/gm, '  ')}\nsteps:\n${steps}`;
const labOf = async (text: string) => (await load(withLab(text))).lab;

function build(lab: Lab): Promise<World> {
  const files = new MemoryFileSystem();
  const options = {
    seed: 1,
    clock: 'virtual',
    wire: 'memory',
    engine: 'auto',
    folder: '/run',
    scenarioFolder: '/',
  } as const;
  return World.build({ ...options, lab, files });
}

describe('the short form of a lab', () => {
  it('is the site that it always was', async () => {
    const lab = await labOf('hosts: [esx-1, esx-2]');
    expect(lab).toMatchObject({
      ...{ kms: { provider: 'corp-kms', nodes: ['kms-1'] }, cluster: 'cluster-1', datastore: 'datastore1' },
      hosts: ['esx-1', 'esx-2'],
    });
    expect(sitePlanOf(lab)).toMatchObject({
      vcenters: [{ name: 'vcenter', version: '7.0U3', settings: {} }],
      datacenters: [{ name: 'dc-1', vcenter: 'vcenter' }],
      clusters: [{ name: 'cluster-1', datacenter: 'dc-1', hosts: ['esx-1', 'esx-2'] }],
      standalone: [],
      datastores: [{ name: 'datastore1', type: 'VMFS' }],
    });
    expect(machinesOf(lab)).toEqual({ hosts: ['esx-1', 'esx-2'], datastores: ['datastore1'] });
  });
});

describe('a lab is refused', () => {
  it.each([
    ['hosts: [esx-1]\nclusters: { c: { hosts: [esx-2] } }', "'hosts' and 'clusters' both say it; keep one of them"],
    ['kms: { provider: a, nodes: [k] }\nproviders: { b: { nodes: [l] } }', "'kms' and 'providers' both say it"],
    ['esxi: "8.0"', 'vCenter 7.0U3 cannot manage ESXi 8.0: a host must not be newer than its vCenter'],
    ['vcenter: { version: "8.0" }\nesxi: "6.5"', 'the oldest host that it takes is ESXi 6.7'],
    [
      'clusters: { c: { hosts: [esx-1, { name: esx-2, version: "8.0U3" }] } }',
      'x.yaml:4:35: vCenter 7.0U3 cannot manage',
    ],
    ['clusters: { c: { hosts: [esx-1] }, d: { hosts: [esx-1] } }', "'esx-1' is listed twice"],
    ['providers: { a: { nodes: [k] }, b: { nodes: [k] } }', "'k' is listed twice"],
    ['providers: { a: { nodes: [esx-1] } }', "'esx-1' is a key server and a host; names are used once"],
    ['standalone: { esx-1: { datastores: [nope] } }', "datastore 'nope' is not in this lab; known: datastore1"],
    [
      'clusters: { c: { hosts: [esx-1], datacenter: dc-2 } }',
      "datacenter 'dc-2' is not in this lab; known: dc-1. Did you mean 'dc-1'?",
    ],
    ['vms: { web: { host: esx-1, disk: 1MiB, datastore: x1 } }', "datastore 'x1' is not in this lab"],
    ['vms: { web: { host: esx-1, disk: 1MiB, disks: [1MiB] } }', "'disk' and 'disks' both say which disks it has"],
    ['vms: { web: { host: esx-1 } }', "'disk' is missing"],
    [
      'vms: { web: { host: esx-1, disks: [1MiB, { size: 1MiB, policy: Nope }] } }',
      "storage policy 'Nope' is not in this lab",
    ],
    [
      'roles: { A: { like: B }, B: { like: C }, C: { like: A } }',
      'roles are like each other in a circle: A is like B is like C is like A',
    ],
    ['roles: { A: { like: A } }', 'roles are like each other in a circle: A is like A'],
    ['roles: { A: { like: Read-onyl } }', "role 'Read-onyl' is not in this lab"],
    ['roles: { A: [Cryptographer.Encryptt] }', "Did you mean 'Cryptographer.Encrypt'?"],
    ['permissions: [{ user: mallory, role: Read-only, on: / }]', "user 'mallory@vsphere.local' is not in this lab"],
    [
      'permissions: [{ user: administrator, role: Read-only, on: /dc-1/host/cluster-9 }]',
      "object '/dc-1/host/cluster-9' is not in this lab",
    ],
    ['policies: { "a\\u0007b": {} }', 'this text has a control character'],
  ])('%s', async (lab, says) => {
    expect((await problemsOf(withLab(lab))).join('\n')).toContain(says);
  });

  it('with more VMs than are possible, in one clear sentence; one with as many as are possible is read', async () => {
    const vms = (count: number) =>
      `vms:\n${Array.from({ length: count }, (_, at) => `  vm-${at}: { host: esx-1, disk: 64KiB }`).join('\n')}`;
    expect(await problemsOf(withLab(vms(10_001)))).toEqual(['x.yaml:5:5: at most 10000 VMs are possible.']);
    expect(Object.keys((await labOf(vms(10_000))).vms)).toHaveLength(10_000);
  });
});

describe('roles of a lab', () => {
  it('have what the role has that they are like, with more and fewer privileges', async () => {
    const lab = await labOf(`roles:
  Reader: { like: Read-only }
  Operator: { like: Reader, plus: [VirtualMachine.Interact.PowerOn, Cryptographer.RegisterVM] }
  Plain: { like: Operator, minus: [Cryptographer.RegisterVM] }
  Own: [Cryptographer.Clone]`);
    const roles = new Map(sitePlanOf(lab).roles.map(({ name, privileges }) => [name, [...privileges].sort()]));
    expect(roles.get('Plain')).toEqual([
      'System.Anonymous',
      'System.Read',
      'System.View',
      'VirtualMachine.Interact.PowerOn',
    ]);
    expect(roles.get('Operator')).toContain('Cryptographer.RegisterVM');
    expect(roles.get('Own')).toEqual(['Cryptographer.Clone']);
  });
});

describe('a lab of many parts', () => {
  it('is built as it says, and its people may do what they may', async () => {
    const lab = await labOf(`providers: { corp-kms: { nodes: [kms-1] }, branch-kms: { nodes: [kms-2] } }
vcenters: { east: { version: "8.0", encryptedVCenter: refuse }, west: {} }
datacenters: { dc-east: {}, dc-west: { vcenter: west } }
datastores: { vmfs-1: VMFS, nfs-1: NFS }
clusters:
  prod: { hosts: [esx-1, { name: esx-2, version: "7.0" }], version: "8.0" }
  far: { hosts: [esx-3], vcenter: west, datastores: [nfs-1] }
standalone: { esx-4: { datacenter: dc-east } }
spares: [esx-5]
folders: [Finance]
policies: { Mine: { allowCleartextFilters: true } }
users: [alice]
roles: { Operator: { like: Read-only, plus: [VirtualMachine.Interact.PowerOn] } }
permissions: [{ user: alice, role: Operator, on: /dc-east/host/prod }]
vms:
  payroll: { host: esx-1, policy: Mine, folder: Finance, disks: [64KiB, { size: 64KiB, policy: Datastore Default }] }
  vcsa: { host: esx-1, disk: 64KiB, product: vCenter Server }`);
    const world = await build(lab);
    await world.run(async () => {
      const [east, west] = [world.vcenter, world.vcenterNamed('west')];
      expect(world.vcenterNames()).toEqual(['east', 'west']);
      expect([east.version, west.version]).toEqual(['8.0', '7.0U3']);
      expect(east.hosts().map(({ name, version }) => `${name} ${version}`)).toEqual([
        'esx-1 8.0',
        'esx-2 7.0',
        'esx-4 7.0U2',
      ]);
      expect(west.hosts().map(({ name }) => name)).toEqual(['esx-3']);
      expect(world.names.pathOf(world.names.host('esx-4'))).toBe('/dc-east/host/esx-4/esx-4');
      expect(east.keyProviders().map(({ providerId, useAsDefault }) => [providerId, useAsDefault])).toEqual([
        ['corp-kms', true],
        ['branch-kms', false],
      ]);
      expect(world.keyServers.names()).toEqual(['kms-1', 'kms-2']);
      expect(() => world.vcenterNamed('north')).toThrow("This lab has no vCenter 'north'. There are: east, west.");
      const made = await world.vms.create('payroll', () => {});
      expect(made.disks).toHaveLength(2);
      const { disks, keyId, vmxPath } = world.names.vm('/dc-east/vm/Finance/payroll');
      expect([keyId !== null, ...disks.map((disk) => disk.keyId !== null)]).toEqual([true, true, false]);
      expect(vmxPath).toBe('[vmfs-1] payroll/payroll.vmx');
      await expect(world.vms.create('vcsa', () => {})).rejects.toMatchObject({ code: 'VCENTER_APPLIANCE' });
      expect(() => world.as('mallory@vsphere.local' as never)).toThrow('vCenter knows no user mallory@vsphere.local');
      world.as('alice@vsphere.local' as never);
    });
    await world.dispose();
  });

  it('with several vCenters: each step asks the one that knows what it is about, or the one that it names', async () => {
    const lab = `vcenters: { east: {}, west: {} }
clusters: { one: { hosts: [esx-1] }, two: { hosts: [esx-2], vcenter: west } }
vms:
  payroll: { host: esx-1, disk: 64KiB }
  ledger: { host: esx-2, disk: 64KiB }`;
    const steps = `  - vm.create: payroll
  - vm.create: ledger
    expect: { vm.ledger.state: unlocked, vm.ledger.compliance: compliant, keys.esx-2.ram: 2 }
  - vm.power-on: ledger
  - vm.write: { vm: ledger, lba: 1, text: in the west }
  - vm.digest: ledger
  - user.add: alice
    vcenter: west
  - vm.power-off: ledger
    as: alice
    vcenter: west
    expect: { error: { code: NO_PERMISSION, privilege: VirtualMachine.Interact.PowerOff, object: ledger } }
  - wait: 1s
    as: alice
    expect: { error: INVALID_LOGIN }
  - vm.power-on: payroll
    vcenter: west
    expect: { error: VM_NOT_CREATED }
  - vm.create: { vm: payroll, host: esx-2, disk: 64KiB, folder: dc-1 }
  - vm.power-on: payroll
    expect: { error: { code: NAME_AMBIGUOUS, contains: east and west } }
  - vm.power-on: payroll
    vcenter: west
`;
    const path = join(temporaryFolder(), 'several.yaml');
    writeFileSync(path, withLab(lab, steps));
    expect(troubles(await run(path))).toEqual([]);
    const wrong = withLab(lab, '  - user.add: bob\n    vcenter: wets\n');
    expect(await problemsOf(wrong)).toEqual([
      expect.stringContaining("'wets' is not known here; known: east, west. Did you mean 'west'?"),
    ]);
  });

  it('whose permission is on what vCenter does not have is not built, and leaves nothing', async () => {
    const files = new MemoryFileSystem();
    const lab = await labOf('users: [alice]\npermissions: [{ user: alice, role: Read-only, on: /dc-1/vm/host }]');
    const options = {
      seed: 1,
      clock: 'virtual',
      wire: 'memory',
      engine: 'auto',
      folder: '/run',
      scenarioFolder: '/',
    } as const;
    await expect(World.build({ ...options, lab, files })).rejects.toMatchObject({ code: 'NAME_NOT_FOUND' });
    expect(await files.readdir('/')).toEqual([]);
  });
});
