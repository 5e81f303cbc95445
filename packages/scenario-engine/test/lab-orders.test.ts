// Orders to a lab that stays up: what they mean, what came of them, and the scenario that repeats them.
import { LabFolder, labFolderAt, machinesOf, World } from '@vcryptsim/lab';
import { type FolderLocks, makeFolders, readWhole } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { LabOrders, loadScenario, loadTopology, NO_AUDIENCE, runScenario, type Topology } from '../src/index.js';
import { OrderError, readOrder } from '../src/orders/order-words.js';

const TOPOLOGY = `name: two hosts
about: one cluster
lab:
  kms: { provider: corp-kms, nodes: [kms-1] }
  hosts: [esx-1, esx-2]
  vms:
    payroll: { host: esx-1, disk: 64KiB }
    web: { host: esx-2, disk: 64KiB, policy: Datastore Default }
`;
const SETUP = { name: 'two hosts', seed: 3, clock: 'virtual', wire: 'memory', engine: 'auto' } as const;

let files: MemoryFileSystem;
let topology: Topology;
beforeEach(async () => {
  files = new MemoryFileSystem();
  await put('/t.yaml', TOPOLOGY);
  topology = await loadTopology({ files, path: '/t.yaml', shownAs: 't.yaml' });
});

const put = async (path: string, text: string) => {
  const handle = await files.open(path, { access: 'write', create: 'exclusive' });
  await handle.pwrite(new TextEncoder().encode(text), 0);
  await handle.close();
};
const textOf = async (path: string) => new TextDecoder().decode(await readWhole(files, path, 1e6));

async function up(): Promise<{ orders: LabOrders; world: World; rest: () => Promise<void> }> {
  const locks: FolderLocks = {
    take: async (folder) => {
      await makeFolders(files, folder);
      return { release: async () => {} };
    },
  };
  const folder = await LabFolder.take({ files, locks, path: '/lab' });
  if (folder.memory === null) await folder.begin(SETUP, machinesOf(topology.lab));
  const world = await World.boot({ ...SETUP, lab: topology.lab, files, scenarioFolder: '/' }, folder);
  const rest = async () => folder.memory?.rests(world.clock.nowMs);
  await rest();
  const orders = await LabOrders.open({ world, topology, seed: 3, files, places: labFolderAt('/lab') });
  return { orders, world, rest };
}

const say = (orders: LabOrders, ...texts: string[]) =>
  texts.reduce<Promise<unknown>>(
    (before, text) => before.then(() => orders.execute({ text, as: null })),
    Promise.resolve(),
  );
const ask = (orders: LabOrders, text: string, as: string | null = null) => orders.execute({ text, as });

describe('the words of an order', () => {
  it.each([
    ['vm.create payroll', [{ 'vm.create': 'payroll' }, { 'vm.create': { vm: 'payroll' } }]],
    [
      'vm.write payroll --lba 2048 --text "TOP SECRET"',
      [{ 'vm.write': { vm: 'payroll', lba: 2048, text: 'TOP SECRET' } }],
    ],
    ["vm.write payroll --text '2048' --lba 0", [{ 'vm.write': { vm: 'payroll', text: '2048', lba: 0 } }]],
    ['kms.stop kms-1 kms-2', [{ 'kms.stop': ['kms-1', 'kms-2'] }, { 'kms.stop': { nodes: ['kms-1', 'kms-2'] } }]],
    ['scan keks --places vcenter hosts', [{ scan: { needle: 'keks', places: ['vcenter', 'hosts'] } }]],
    ['scan keks --places [vcenter]', [{ scan: { needle: 'keks', places: ['vcenter'] } }]],
    ['until --vm.payroll.state unlocked --within 10m', [{ until: { 'vm.payroll.state': 'unlocked', within: '10m' } }]],
    ['say The key is gone.', [{ say: 'The key is gone.' }]],
    ['wait 5m', [{ wait: '5m' }]],
    ['vm.create: payroll', [{ 'vm.create': 'payroll' }]],
    [
      '{vm.read: {vm: payroll, lba: 0}, expect: {text: a}}',
      [{ 'vm.read': { vm: 'payroll', lba: 0 }, expect: { text: 'a' } }],
    ],
  ])('%s', (text, steps) => {
    expect(readOrder(text)).toEqual(steps);
  });

  it.each([
    ['', 'The order is empty.'],
    ['vm.crate payroll', "There is no verb 'vm.crate'. Did you mean 'vm.create'?"],
    ['vm.create "payroll', 'A " has no end.'],
    ['vm.write payroll --lba 1 --lba 2', '--lba is given twice.'],
    ['vm.write payroll --', '-- needs the name of a field'],
    ['{vm.create: [', 'This is not a map'],
    ['wait 5m --long', 'wait takes fields only, or one value only'],
  ])('refuses %j', (text, says) => {
    expect(() => readOrder(text)).toThrow(OrderError);
    expect(() => readOrder(text)).toThrow(says);
  });
});

describe('an order', () => {
  it('is done, refused by the product, not understood, or not possible here', async () => {
    const { orders, world } = await up();
    expect(await ask(orders, 'vm.create payroll')).toMatchObject({
      ...{ outcome: 'done', fault: null, object: 'payroll', text: 'payroll has one encrypted disk of 64 KiB.' },
    });
    expect(await ask(orders, 'vm.create payroll')).toMatchObject({ outcome: 'refused', fault: 'AlreadyExists' });
    expect(await ask(orders, 'vm.create payrol')).toMatchObject({
      ...{ outcome: 'not understood', fault: null, text: expect.stringContaining("Did you mean 'payroll'?") },
    });
    expect(await ask(orders, 'vm.power-on web')).toMatchObject({ outcome: 'not understood', fault: 'VM_NOT_CREATED' });
    expect(await ask(orders, 'repeat: {times: 2, steps: []}')).toMatchObject({ outcome: 'not understood' });
    expect(await ask(orders, '{wait: 1s, expect: {vm.payroll.state: locked}}')).toMatchObject({
      ...{ outcome: 'refused', fault: 'EXPECTATION', text: expect.stringContaining('wanted') },
    });
    await world.dispose();
  });

  it('of a user whom nobody knows is refused, and nothing changes', async () => {
    const { orders, world } = await up();
    const before = JSON.stringify(world.vcenter.tasks());
    expect(await ask(orders, 'vm.create payroll', 'alice')).toMatchObject({
      outcome: 'refused',
      fault: 'NoPermission',
    });
    expect(JSON.stringify(world.vcenter.tasks())).toBe(before);
    expect(world.vms.all()).toEqual([]);
    expect(await ask(orders, 'vm.create payroll', 'Administrator@vsphere.local')).toMatchObject({ outcome: 'done' });
    await world.dispose();
  });
});

describe('the replay of a lab', () => {
  it('has what was done and what was refused, and runs to its end', async () => {
    const { orders, world } = await up();
    await say(orders, 'vm.create payroll', 'vm.create payroll', 'vm.power-on payroll', 'nonsense');
    await say(orders, 'vm.write payroll --lba 3 --text "it\'s: {a} # \n \u202e"', 'vm.read payroll --lba 3');
    await ask(orders, 'vm.power-off payroll', 'alice');
    await say(orders, 'until --vm.payroll.state locked --within 1s');
    await orders.close();
    await world.dispose();
    const replay = await textOf('/lab/replay.yaml');
    expect(replay.slice(replay.indexOf('steps:'))).toMatchInlineSnapshot(`
      "steps:
        - say: This lab was set up.
        - vm.create: payroll
        - vm.create: payroll
          expect: { error: ALREADY_EXISTS }
        - vm.power-on: payroll
        - vm.write: {"vm":"payroll","lba":3,"text":"it's: {a} # \\n \\u202e"}
        - vm.read: { vm: payroll, lba: 3 }
        - vm.power-off: payroll
          as: alice
          expect: { error: INVALID_LOGIN }
        - until: { vm.payroll.state: locked, within: 1s }
          expect: { error: NOT_IN_TIME }
      "
    `);
    const scenario = await loadScenario({ files, path: '/lab/replay.yaml', shownAs: 'replay.yaml' });
    const fixed = { clock: 'virtual', wire: 'memory', engine: 'auto', audience: NO_AUDIENCE } as const;
    const result = await runScenario({ ...fixed, scenario, seed: scenario.seed ?? 0, folder: '/run', files });
    expect(result.steps.flatMap(({ failures }) => failures)).toEqual([]);
    expect(result.status).toBe('passed');
  });

  it('names the schema for editors in its first line', async () => {
    const { world, orders } = await up();
    await orders.close();
    const places = labFolderAt('/lab');
    const again = await LabOrders.open({ world, topology, seed: 3, files, places, schema: '../schema/s.json' });
    await again.close();
    await world.dispose();
    expect((await textOf('/lab/replay.yaml')).split('\n', 1)).toEqual([
      '# yaml-language-server: $schema=../schema/s.json',
    ]);
  });

  it('has a power cut where the lab was started again, and leaves what was cut off to a comment', async () => {
    const first = await up();
    await say(first.orders, 'vm.create payroll', 'vm.power-on payroll');
    await first.rest();
    // The process ends in the middle of two orders; of one the VM is there.
    await first.world.run(() => first.world.vms.create('web', () => {}));
    await put('/lab/tail', await textOf('/lab/orders.jsonl'));
    const cut =
      '{"order":3,"atMs":1,"as":null,"step":{"vm.create":"web"}}\n{"order":4,"atMs":1,"as":null,"step":{"wait":"1s"}}\n{"order":5,"at';
    await files.unlink('/lab/orders.jsonl');
    await put('/lab/orders.jsonl', (await textOf('/lab/tail')) + cut);
    await files.unlink('/lab/tail');
    const { orders, world } = await up();
    await say(orders, 'vm.power-on payroll', 'vm.power-on web');
    await world.dispose();
    const replay = await textOf('/lab/replay.yaml');
    expect(replay.slice(replay.indexOf('steps:')).split('\n')).toEqual([
      'steps:',
      '  - say: This lab was set up.',
      '  - vm.create: payroll',
      '  - vm.power-on: payroll',
      '  - vm.create: web',
      '  # cut off: wait: 1s',
      '  - site.power-cut: all',
      '  - vm.power-on: payroll',
      '  - vm.power-on: web',
      '',
    ]);
    const scenario = await loadScenario({ files, path: '/lab/replay.yaml', shownAs: 'replay.yaml' });
    expect(scenario.steps).toHaveLength(7);
  });

  it('stops at a journal that is damaged in its middle, and changes nothing', async () => {
    const { world, orders } = await up();
    await say(orders, 'vm.create payroll');
    await orders.close();
    const whole = await textOf('/lab/orders.jsonl');
    await files.unlink('/lab/orders.jsonl');
    await put('/lab/orders.jsonl', whole.replace('"order"', '"ord'));
    const open = LabOrders.open({ world, topology, seed: 3, files, places: labFolderAt('/lab') });
    await expect(open).rejects.toMatchObject({ code: 'LAB_DAMAGED' });
    expect(await textOf('/lab/orders.jsonl')).toContain('"ord');
    await world.dispose();
  });
});

describe('a topology', () => {
  it('is no scenario, and a scenario is no topology', async () => {
    await put('/s.yaml', `${TOPOLOGY}steps: [{ wait: 1s }]\n`);
    const loaded = loadTopology({ files, path: '/s.yaml', shownAs: 's.yaml' });
    await expect(loaded).rejects.toThrow(
      's.yaml:9:1: this file has steps, so it is a scenario; run it with: vcryptsim run FILE',
    );
  });

  it('can be written and read again from another folder', async () => {
    await put('/u.yaml', TOPOLOGY.replace('disk: 64KiB }', 'disk: { image: a.img } }'));
    const { source, lab } = await loadTopology({ files, path: '/u.yaml', shownAs: 'u.yaml' });
    expect(source).toMatchObject({ vms: { payroll: { disk: { image: '//a.img' } } } });
    expect(lab.vms.web).toMatchObject({ policy: 'Datastore Default' });
  });
});
