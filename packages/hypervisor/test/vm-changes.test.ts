// What a host tells of its VMs to whoever asks again: what changed since, and at the cost of that alone.
import type { VmInfo } from '@vcryptsim/hypervisor/api';
import { type CryptoKeyId, sectorCount, type VmName, type VmUuid } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counted } from '../../../test/support/counted.js';
import { FailingFiles } from './support/failing-files.js';
import { grant, kek, Lab, plainVm, webVm } from './support/lab.js';

const uuidOf = (index: number) => `00000000-0000-4000-9000-${String(index).padStart(12, '0')}` as VmUuid;
const keyOf = (index: number) => kek(`key-${index}`);
const encryptWith = (cryptoKeyId: CryptoKeyId) => ({ type: 'Encrypt', cryptoKeyId }) as const;

/** Makes the VM number `index`: its home has a key of its own, its second disk the next one's. */
async function create(lab: Lab, index: number): Promise<void> {
  await lab.host.addKeys([grant(keyOf(index)), grant(keyOf(index + 1))]);
  const disk = { capacity: sectorCount(8) };
  const disks = [disk, { ...disk, crypto: encryptWith(keyOf(index + 1).id) }];
  const crypto = encryptWith(keyOf(index).id);
  await lab.host.createVm(webVm({ name: `vm-${index}` as VmName, uuid: uuidOf(index), crypto, disks }));
}

/** Follows a host by its changes alone. */
class Follower {
  readonly seen = new Map<VmUuid, VmInfo>();
  #since: number | null = null;

  async follow({ host }: Lab): Promise<number> {
    const { revision, changed, removed } = await host.vmChanges(this.#since);
    for (const vm of changed) this.seen.set(vm.uuid, vm);
    for (const uuid of removed) this.seen.delete(uuid);
    this.#since = revision;
    return changed.length + removed.length;
  }

  /** A host that booted again counts from the start. */
  forget(): void {
    this.seen.clear();
    this.#since = null;
  }
}

async function expectSame(lab: Lab, { seen }: Follower): Promise<void> {
  const wanted = await lab.host.vms();
  expect([...seen.values()].sort(byUuid)).toEqual([...wanted].sort(byUuid));
}

const byUuid = (a: VmInfo, b: VmInfo) => (a.uuid < b.uuid ? -1 : 1);

type Action = (lab: Lab, index: number) => Promise<unknown>;

/** What may happen to a host and its VMs; refusals are part of it. */
const ACTIONS: Readonly<Record<string, Action>> = {
  create,
  createPlain: (lab, index) => lab.host.createVm(plainVm({ name: `plain-${index}` as VmName, uuid: uuidOf(index) })),
  powerOn: (lab, index) => lab.host.powerOnVm(uuidOf(index)),
  powerOff: (lab, index) => lab.host.powerOffVm(uuidOf(index)),
  unregister: (lab, index) => lab.host.unregisterVm(uuidOf(index)),
  register: (lab, index) => lab.host.registerVm(`[ds1] vm-${index}/vm-${index}.vmx`),
  addKey: (lab, index) => lab.host.addKeys([grant(keyOf(index))]),
  removeKey: (lab, index) => lab.host.removeKeys([keyOf(index).id], true),
  rename: (lab, index) => lab.edit(`vm-${index}/vm-${index}.vmx`, /displayName = "[^"]*"/, `displayName = "x"`),
  damage: (lab, index) => lab.edit(`vm-${index}/vm-${index}.vmx`, 'vc.uuid', 'vc.uuix'),
  mend: (lab, index) => lab.edit(`vm-${index}/vm-${index}.vmx`, 'vc.uuix', 'vc.uuid'),
};

describe('what changed of the VMs of a host', () => {
  it('laid over what was known is what the host lists, whatever happened in between', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            name: fc.constantFrom(...Object.keys(ACTIONS), 'reboot'),
            index: fc.integer({ min: 1, max: 3 }),
            follows: fc.boolean(),
          }),
          { maxLength: 40 },
        ),
        async (steps) => {
          const lab = await Lab.safe();
          const follower = new Follower();
          for (const index of [1, 2]) await create(lab, index);
          for (const { name, index, follows } of steps) {
            if (name === 'reboot') {
              await lab.reboot();
              await lab.enableCrypto();
              follower.forget();
            } else await ACTIONS[name]?.(lab, index).catch(() => {});
            if (follows) await follower.follow(lab);
          }
          await follower.follow(lab);
          await expectSame(lab, follower);
          expect(await follower.follow(lab)).toBe(0);
        },
      ),
      { numRuns: 60 },
    ));

  it('is nothing on a quiet host, at the cost of nothing, and one VM after a call on one', async () => {
    const costs = async (count: number) => {
      const files = new FailingFiles(new MemoryFileSystem());
      const lab = await Lab.safe({ files });
      for (let index = 0; index < count; index++) await create(lab, 2 * index);
      const follower = new Follower();
      expect(await follower.follow(lab)).toBe(count);
      files.arm(0, 'IO');
      const quiet = await follower.follow(lab);
      expect([quiet, files.calls]).toEqual([0, 0]);
      await lab.host.powerOnVm(uuidOf(0));
      const afterOne = await follower.follow(lab);
      await lab.host.removeKeys([keyOf(2).id], true);
      const afterKey = await follower.follow(lab);
      await expectSame(lab, follower);
      return { afterOne, afterKey };
    };
    const [small, large] = [await costs(10), await costs(20)];
    const one = [small.afterOne, large.afterOne] as const;
    expect(counted('VMs told of after a power-on', [one[0], '10 VMs'], [one[1], '20'])).toBeLessThanOrEqual(1.1);
    const key = [small.afterKey, large.afterKey] as const;
    expect(counted('VMs told of after a key went', [key[0], '10 VMs'], [key[1], '20'])).toBeLessThanOrEqual(1.1);
    expect([one[0], key[0]]).toEqual([1, 1]);
  });

  it('is told in few notes, however often one VM changes', async () => {
    const lab = await Lab.safe();
    await create(lab, 0);
    await create(lab, 2);
    const follower = new Follower();
    await follower.follow(lab);
    for (let round = 0; round < 200; round++) {
      await lab.host.removeKeys([keyOf(0).id], true);
      await lab.host.addKeys([grant(keyOf(0))]);
    }
    expect(await follower.follow(lab)).toBe(1);
    await expectSame(lab, follower);
  });

  it('is everything for who names a number that this boot has not reached', async () => {
    const lab = await Lab.safe();
    await create(lab, 0);
    const { revision, changed } = await lab.host.vmChanges(null);
    expect(changed).toEqual(await lab.host.vms());
    expect(await lab.host.vmChanges(revision + 1)).toEqual({ revision, changed, removed: [] });
    await lab.reboot();
    expect((await lab.host.vmChanges(revision + 1000)).changed).toMatchObject([{ uuid: uuidOf(0) }]);
  });

  it('has a VM whose medium failed again when the medium serves, without anybody listing all', async () => {
    const files = new FailingFiles(new MemoryFileSystem());
    const lab = await Lab.safe({ files });
    await create(lab, 0);
    await lab.host.shutDown();
    files.failsWhen = (operation, path) => operation === 'read' && path.endsWith('/vm-0.vmx');
    await lab.bootHost();
    const follower = new Follower();
    await follower.follow(lab);
    expect(follower.seen.get(uuidOf(0))).toMatchObject({ connectionState: 'inaccessible' });
    files.disarm();
    expect(await follower.follow(lab)).toBe(1);
    expect(follower.seen.get(uuidOf(0))).toMatchObject({ connectionState: 'invalid', cryptoState: 'locked' });
    await expectSame(lab, follower);
  });
});

describe('the status of keys', () => {
  it('is answered for the keys that are asked for, in their order, and for no other', async () => {
    const lab = await Lab.safe();
    await lab.host.addKeys([grant(keyOf(1)), grant(kek('key-1', 'other-kms'))]);
    const ids = [keyOf(2).id, keyOf(1).id, kek('key-1', 'third-kms').id, keyOf(1).id];
    expect(await lab.host.getCryptoKeyStatus(ids)).toEqual([
      { id: ids[0], present: false },
      { id: ids[1], present: true },
      { id: ids[2], present: false },
      { id: ids[3], present: true },
    ]);
    expect(await lab.host.getCryptoKeyStatus([])).toEqual([]);
    await lab.host.removeKeys([keyOf(1).id], true);
    expect(await lab.host.getCryptoKeyStatus([keyOf(1).id])).toEqual([{ id: keyOf(1).id, present: false }]);
  });
});
