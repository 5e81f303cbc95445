// Disks that come, go and grow at vCenter: keys, policies and refusals, with real hosts and their files.
import { sectorCount, type VmName, type VmUuid } from '@vcryptsim/ports';
import { DATASTORE_DEFAULT, type ReconfigVmArguments, type VCenter } from '@vcryptsim/vcenter';
import { checkCompliance } from '@vcryptsim/vcenter/catalogue';
import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { ESX_1, ESX_2, KMS_1, KMS_2, type Lab } from './support/lab.js';
import { type RealHosts, withRealHost } from './support/real-hosts.js';

const POLICY = 'VM Encryption Policy';
const DISK = { capacity: sectorCount(256) };

interface World {
  readonly lab: Lab;
  readonly vcenter: VCenter;
  readonly hosts: RealHosts;
  readonly vm: VmUuid;
}

/** A VM of two disks on one of two hosts, off. */
function withVm(policy: string | undefined, test: (world: World) => Promise<void>): Promise<void> {
  return withRealHost(
    async (lab, vcenter, hosts) => {
      const task = await as(vcenter).createVm({
        ...{ name: 'payroll' as VmName, host: ESX_1, disks: [DISK, DISK] },
        ...(policy === undefined ? {} : { policy }),
      });
      expect(task.error).toBeNull();
      await test({ lab, vcenter, hosts, vm: vcenter.vms()[0]!.uuid });
    },
    [ESX_1, ESX_2],
  );
}

const recordOf = ({ vcenter }: World) => vcenter.vms()[0]!;
const policiesOf = (world: World) => recordOf(world).disks.map(({ policy }) => policy);
const keysOf = (world: World) => recordOf(world).disks.map(({ keyId }) => keyId?.keyId ?? null);
const change = (world: World, args: ReconfigVmArguments, via: 'client' | 'api' = 'client') =>
  as(world.vcenter, undefined, via).reconfigVm(world.vm, args);

async function statusesOf(world: World): Promise<readonly string[]> {
  const results = await as(world.vcenter).session.call(checkCompliance, null, { vms: [recordOf(world).id] });
  return results.map(({ status }) => status);
}

/** Looks that it is refused so, and that no key was made and no file and no record differs. */
async function expectRefused(world: World, args: ReconfigVmArguments, error: object): Promise<void> {
  const { lab, vcenter } = world;
  const seen = async () => ({
    files: await lab.filesUnder('/datastores'),
    vms: vcenter.vms(),
    keys: lab.servers.keys.size,
  });
  const before = await seen();
  expect(await change(world, args, 'api')).toMatchObject({ state: 'error', error });
  expect(await seen()).toEqual(before);
}

describe('[S25] a disk that is detached', () => {
  it('and was encrypted comes back encrypted and without its policy, which is set again explicitly', () =>
    withVm(POLICY, async (world) => {
      const [, key] = keysOf(world);
      const { fileName, deviceKey } = recordOf(world).disks[1]!;
      expect((await change(world, { removeDisks: [{ deviceKey }] })).error).toBeNull();
      expect(recordOf(world).disks).toHaveLength(1);
      expect((await change(world, { addDisks: [{ existing: fileName }] })).error).toBeNull();
      expect(keysOf(world)[1]).toBe(key);
      expect(policiesOf(world)).toEqual([expect.any(String), null]);
      expect(await statusesOf(world)).toEqual(['compliant', 'compliant', 'notApplicable']);

      expect((await change(world, { disks: [{ deviceKey, policy: POLICY }] })).error).toBeNull();
      expect(keysOf(world)[1]).toBe(key);
      expect(await statusesOf(world)).toEqual(['compliant', 'compliant', 'compliant']);
    }));

  it('and was plain may be given a policy when it is added, though not one that encrypts', () =>
    withVm(undefined, async (world) => {
      const { fileName, deviceKey } = recordOf(world).disks[1]!;
      expect((await change(world, { removeDisks: [{ deviceKey }] })).error).toBeNull();
      await expectRefused(
        world,
        { addDisks: [{ existing: fileName, policy: POLICY }] },
        {
          code: 'INVALID_ARGUMENT',
          fault: { what: 'addDisks.0.policy', messageKey: 'msg.hostd.deviceSpec.add.noencrypt' },
        },
      );
      const task = await change(world, { addDisks: [{ existing: fileName, policy: DATASTORE_DEFAULT }] });
      expect(task.error).toBeNull();
      expect(keysOf(world)).toEqual([null, null]);
    }));
});

describe('[S07] an encrypted disk', () => {
  it('is not made for a plain VM, and not attached to one', () =>
    withVm(undefined, async (world) => {
      const refusal = {
        code: 'ENCRYPTED_DISK_ON_PLAIN_VM',
        fault: { messageKey: 'msg.hostd.configSpec.enc.mismatch' },
      };
      await expectRefused(world, { addDisks: [{ ...DISK, policy: POLICY }] }, refusal);
      const other = { name: 'ledger' as VmName, host: ESX_1, policy: POLICY, disks: [DISK] };
      expect((await as(world.vcenter).createVm(other)).error).toBeNull();
      const { uuid, disks } = world.vcenter.vms()[1]!;
      await as(world.vcenter).reconfigVm(uuid, { removeDisks: [{ deviceKey: 2000 }] });
      await expectRefused(world, { addDisks: [{ existing: disks[0]!.fileName }] }, refusal);
    }));
});

describe('[S06] a disk that is added', () => {
  it('has the policy of the VM home by the client, and Datastore Default by the API', () =>
    withVm(POLICY, async (world) => {
      const home = recordOf(world).keyId!.keyId;
      expect((await change(world, { addDisks: [DISK] })).error).toBeNull();
      expect((await change(world, { addDisks: [DISK] }, 'api')).error).toBeNull();
      expect(keysOf(world)).toEqual([home, home, home, null]);
      expect(await statusesOf(world)).toEqual(['compliant', 'compliant', 'compliant', 'compliant', 'notApplicable']);
    }));

  it('may have a key of its own, a new one, which the whole cluster gets before the disk is made', () =>
    withVm(POLICY, async (world) => {
      const home = recordOf(world).keyId!.keyId;
      const task = await change(world, {
        addDisks: [{ ...DISK, policy: POLICY, crypto: { type: 'Encrypt', cryptoKeyId: { keyId: '' } } }],
      });
      expect(task.error).toBeNull();
      const own = keysOf(world)[2];
      expect(own).not.toBe(home);
      for (const name of [ESX_1, ESX_2]) {
        const there = await (await world.hosts.connect(name)).listKeys();
        expect(there.map(({ keyId }) => keyId)).toContain(own);
      }
      expect((await as(world.vcenter).powerOnVm(world.vm)).error).toBeNull();
    }));

  it.each([
    ['a key without a policy', { ...DISK, crypto: { type: 'Encrypt' } }, 'msg.hostd.deviceSpec.enc.badPolicy'],
    ['a policy without keys', { ...DISK, policy: POLICY, crypto: { type: 'NoOp' } }, 'msg.disk.policyChangeFailure'],
  ] as const)('is refused with %s', (_, disk, messageKey) =>
    withVm(POLICY, (world) =>
      expectRefused(world, { addDisks: [disk] }, { code: 'INVALID_ARGUMENT', fault: { messageKey } }),
    ),
  );
});

describe('[S30] a disk whose own key is missing', () => {
  it('lets the VM look normal, is named by the power on that fails, and is taken out: then the VM powers on', () =>
    withVm(POLICY, async (world) => {
      const { lab, vcenter, hosts, vm } = world;
      const crypto = { type: 'Encrypt', cryptoKeyId: { keyId: '' } } as const;
      expect((await change(world, { addDisks: [{ ...DISK, policy: POLICY, crypto }] })).error).toBeNull();
      const own = recordOf(world).disks[2]!;
      for (const name of [ESX_1, ESX_2]) await (await hosts.connect(name)).removeKeys([own.keyId!], true);
      for (const name of [KMS_1, KMS_2]) lab.network.set(name, { kind: 'refuse' });

      const { error } = await as(vcenter).powerOnVm(vm);
      expect(error).toMatchObject({ code: 'DISK_KEY_MISSING' });
      expect(error!.message).toContain(own.fileName);
      expect(recordOf(world)).toMatchObject({ cryptoState: 'unlocked', connectionState: 'connected' });

      expect((await change(world, { removeDisks: [{ deviceKey: own.deviceKey }] })).error).toBeNull();
      expect((await as(vcenter).powerOnVm(vm)).error).toBeNull();
    }));
});

describe('disks', () => {
  it('come, go or grow in one call, and policies and keys change in another', () =>
    withVm(POLICY, (world) =>
      expectRefused(world, { addDisks: [DISK], crypto: { type: 'ShallowRecrypt' } }, { code: 'INVALID_ARGUMENT' }),
    ));

  it('that are not there neither go nor grow', () =>
    withVm(POLICY, async (world) => {
      for (const args of [{ removeDisks: [{ deviceKey: 2009 }] }, { growDisks: [{ deviceKey: 2009, ...DISK }] }]) {
        await expectRefused(world, args, { code: 'DISK_NOT_FOUND' });
      }
    }));

  it('grow, and the policies of all stay as they are', () =>
    withVm(POLICY, async (world) => {
      const before = policiesOf(world);
      const growDisks = [{ deviceKey: 2001, capacity: sectorCount(512) }];
      expect((await change(world, { growDisks })).error).toBeNull();
      const { disks } = await (await world.hosts.connect(ESX_1)).vm(world.vm);
      expect(disks.map(({ capacity }) => capacity)).toEqual([256, 512]);
      expect(policiesOf(world)).toEqual(before);
    }));
});
