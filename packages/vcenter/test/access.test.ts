import { type HostName, type MoRef, sectorCount, type VmName } from '@vcryptsim/ports';
import { ADMINISTRATOR, ROOT_FOLDER, type RoleId, type UserName, type VCenter } from '@vcryptsim/vcenter';
import {
  addRole,
  createDatacenter,
  createFolder,
  createUser,
  createVm,
  type Privilege,
  powerOnVm,
  removeEntityPermission,
  removeRole,
  removeUser,
  SHIPPED_ROLES,
  setEntityPermission,
  updateRole,
} from '@vcryptsim/vcenter/catalogue';
import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { ESX_1, Lab } from './support/lab.js';
import { PrivilegeWorld } from './support/privilege-world.js';

const ALICE = 'alice@vsphere.local' as UserName;
const BOB = 'bob@vsphere.local' as UserName;
const { admin, readOnly, noAccess, noCryptoAdmin } = SHIPPED_ROLES;
const CANNOT = { code: 'NO_PERMISSION' };

/** A world of one datacenter, with a user of no permission, and an administrator to give some. */
function withAlice(test: (o: AccessLab) => Promise<void>): Promise<void> {
  return Lab.run([], async (lab, vcenter) => {
    await as(vcenter).session.call(createUser, null, { name: ALICE });
    await test(new AccessLab(lab, vcenter));
  });
}

/** A vCenter, and what the tests here ask of it. */
class AccessLab {
  constructor(
    readonly lab: Lab,
    readonly vcenter: VCenter,
  ) {}

  get session() {
    return as(this.vcenter).session;
  }

  get folder(): MoRef<'Folder'> {
    return as(this.vcenter).vmFolder;
  }

  permit(entity: MoRef, roleId: RoleId, propagate = true, user = ALICE): Promise<void> {
    return this.session.call(setEntityPermission, null, { user, entity, roleId, propagate });
  }

  role(...privileges: readonly Privilege[]): Promise<RoleId> {
    return this.session.call(addRole, null, { name: `role ${this.vcenter.roles().length}`, privileges });
  }

  /** Makes a folder in a folder, as alice: what needs Folder.Create there and nothing else. */
  makeIn(parent: MoRef, name: string): Promise<MoRef<'Folder'>> {
    return as(this.vcenter, ALICE).session.call(createFolder, parent, { name });
  }

  /** Every byte that vCenter keeps. */
  async bytes(): Promise<string> {
    const files = await this.lab.filesUnder('/vcenter');
    return [...files].map(([path, bytes]) => `${path} ${Buffer.from(bytes).toString('base64')}`).join('\n');
  }

  async expectUnchanged(attempt: () => Promise<unknown>, refusal: object): Promise<void> {
    const before = await this.bytes();
    await expect(attempt()).rejects.toMatchObject(refusal);
    expect(await this.bytes()).toBe(before);
  }
}

describe('[S17] permissions', () => {
  it('propagate down the inventory, as far as they are to', () =>
    withAlice(async (o) => {
      const role = await o.role('Folder.Create');
      await expect(o.makeIn(o.folder, 'a')).rejects.toMatchObject(CANNOT);
      await o.permit(ROOT_FOLDER, role);
      const one = await o.makeIn(o.folder, 'a');
      const two = await o.makeIn(one, 'b');
      await o.permit(ROOT_FOLDER, role, false);
      await o.makeIn(ROOT_FOLDER, 'c');
      for (const below of [o.folder, one, two]) await expect(o.makeIn(below, 'd')).rejects.toMatchObject(CANNOT);
      await o.permit(one, role);
      await o.makeIn(two, 'e');
      await expect(o.makeIn(o.folder, 'f')).rejects.toMatchObject(CANNOT);
    }));

  it('on an object win over those above it, whether they give more or less', () =>
    withAlice(async (o) => {
      const role = await o.role('Folder.Create');
      await o.permit(ROOT_FOLDER, role);
      const inner = await o.makeIn(o.folder, 'inner');
      await o.permit(o.folder, noAccess.id);
      await expect(o.makeIn(o.folder, 'a')).rejects.toMatchObject(CANNOT);
      await expect(o.makeIn(inner, 'a')).rejects.toMatchObject(CANNOT);
      await o.makeIn(ROOT_FOLDER, 'b');
      await o.permit(inner, role, false);
      const deep = await o.makeIn(inner, 'c');
      await expect(o.makeIn(deep, 'd')).rejects.toMatchObject(CANNOT);
      // One that does not propagate leaves what is above in force for what is below.
      await o.permit(o.folder, noAccess.id, false);
      await expect(o.makeIn(o.folder, 'e')).rejects.toMatchObject(CANNOT);
      await o.makeIn(deep, 'f');
      await o.session.call(removeEntityPermission, null, { user: ALICE, entity: o.folder });
      await o.makeIn(o.folder, 'g');
    }));

  it('are one for a user on an object: a second one takes the place of the first', () =>
    withAlice(async (o) => {
      await o.permit(ROOT_FOLDER, await o.role('Folder.Create'));
      await o.permit(ROOT_FOLDER, readOnly.id);
      expect(o.vcenter.permissions().filter(({ user }) => user === ALICE)).toHaveLength(1);
      await expect(o.makeIn(o.folder, 'a')).rejects.toMatchObject(CANNOT);
    }));

  it('of a role change at once with the role, also for who is logged in, and go with it', () =>
    withAlice(async (o) => {
      const roleId = await o.role();
      await o.permit(ROOT_FOLDER, roleId);
      const { session } = as(o.vcenter, ALICE);
      const make = (name: string) => session.call(createFolder, o.folder, { name });
      await expect(make('a')).rejects.toMatchObject(CANNOT);
      await o.session.call(updateRole, null, { roleId, name: 'makers', privileges: ['Folder.Create'] });
      await make('a');
      await o.session.call(updateRole, null, { roleId, name: 'makers', privileges: [] });
      await expect(make('b')).rejects.toMatchObject(CANNOT);
      await o.expectUnchanged(() => o.session.call(removeRole, null, { roleId, failIfUsed: true }), {
        code: 'RESOURCE_IN_USE',
      });
      await o.session.call(removeRole, null, { roleId, failIfUsed: false });
      expect(o.vcenter.roles().some(({ id }) => id === roleId)).toBe(false);
      expect(o.vcenter.permissions().filter(({ user }) => user === ALICE)).toEqual([]);
      await expect(make('c')).rejects.toMatchObject(CANNOT);
      // The ID is not given out again, so that nobody's old permission comes to life.
      expect(await o.role('Folder.Create')).not.toBe(roleId);
    }));

  it('outlive a reboot of vCenter, and go with their user', () =>
    withAlice(async (o) => {
      await o.permit(o.folder, await o.role('Folder.Create'));
      await o.vcenter.stop();
      const again = new AccessLab(o.lab, await o.lab.bootVCenter());
      await again.makeIn(again.folder, 'a');
      await again.session.call(removeUser, null, { name: ALICE });
      expect(again.vcenter.permissions().map(({ user }) => user)).toEqual([ADMINISTRATOR]);
      await again.session.call(createUser, null, { name: ALICE });
      await expect(again.makeIn(again.folder, 'b')).rejects.toMatchObject(CANNOT);
      await again.vcenter.stop();
    }));

  it('are refused on what does not exist, with a role or for a user that does not, and nothing changes', () =>
    withAlice(async (o) => {
      const args = { user: ALICE, entity: o.folder as MoRef, roleId: readOnly.id, propagate: true };
      const set = (more: object) => () => o.session.call(setEntityPermission, null, { ...args, ...more });
      await o.expectUnchanged(set({ entity: 'vm-4711' }), { code: 'OBJECT_NOT_FOUND', fault: { object: 'vm-4711' } });
      await o.expectUnchanged(set({ entity: 'nonsense' }), { code: 'INVALID_ARGUMENT' });
      await o.expectUnchanged(set({ entity: 'task-1' }), { code: 'INVALID_ARGUMENT' });
      await o.expectUnchanged(set({ roleId: 99 }), {
        ...{ code: 'ROLE_NOT_FOUND', fault: { role: '99' } },
        message: expect.stringContaining('No cryptography administrator'),
      });
      await o.expectUnchanged(set({ user: BOB }), { code: 'INVALID_LOGIN', fault: { user: BOB } });
      const remove = () => o.session.call(removeEntityPermission, null, { user: ALICE, entity: o.folder });
      await o.expectUnchanged(remove, { code: 'PERMISSION_NOT_FOUND', fault: { user: ALICE, object: o.folder } });
    }));

  it('always leave somebody who is Administrator of everything', () =>
    withAlice(async (o) => {
      const last = { code: 'AUTH_MINIMUM_ADMIN' };
      const mine = { user: ADMINISTRATOR, entity: ROOT_FOLDER };
      await o.expectUnchanged(() => o.session.call(removeEntityPermission, null, mine), last);
      await o.expectUnchanged(() => o.permit(ROOT_FOLDER, readOnly.id, true, ADMINISTRATOR), last);
      await o.expectUnchanged(() => o.permit(ROOT_FOLDER, admin.id, false, ADMINISTRATOR), last);
      await o.permit(ROOT_FOLDER, admin.id);
      await o.session.call(removeEntityPermission, null, mine);
      const alice = as(o.vcenter, ALICE).session;
      await o.expectUnchanged(() => alice.call(removeUser, null, { name: ALICE }), last);
      await alice.call(setEntityPermission, null, { ...mine, roleId: admin.id, propagate: true });
      await alice.call(removeUser, null, { name: ALICE });
      expect(o.vcenter.users()).toEqual([{ name: ADMINISTRATOR }]);
    }));
});

describe('users and roles', () => {
  it('that are unknown may not even log in, nor go on when they are removed meanwhile', () =>
    withAlice(async (o) => {
      const refusal = { code: 'INVALID_LOGIN', fault: { code: 'INVALID_LOGIN', user: BOB } };
      expect(() => o.vcenter.login(BOB, 'api')).toThrow(expect.objectContaining(refusal));
      const { session } = as(o.vcenter, ALICE);
      await o.permit(ROOT_FOLDER, admin.id);
      await o.session.call(removeUser, null, { name: ALICE });
      await o.expectUnchanged(() => session.call(createFolder, o.folder, { name: 'a' }), {
        ...{ code: 'INVALID_LOGIN', fault: { user: ALICE } },
        message: expect.stringContaining('add this one first'),
      });
    }));

  it('as shipped cannot be changed or removed, nor the administrator', () =>
    withAlice(async (o) => {
      for (const { id: roleId, name } of Object.values(SHIPPED_ROLES)) {
        const refusal = { code: 'ROLE_SHIPPED', fault: { role: name } };
        const update = () => o.session.call(updateRole, null, { roleId, name: 'mine', privileges: [] });
        await o.expectUnchanged(update, refusal);
        await o.expectUnchanged(() => o.session.call(removeRole, null, { roleId, failIfUsed: false }), refusal);
      }
      await o.expectUnchanged(() => o.session.call(removeUser, null, { name: ADMINISTRATOR }), {
        code: 'RESOURCE_IN_USE',
      });
    }));

  it('have names of their own', () =>
    withAlice(async (o) => {
      const taken = { code: 'ALREADY_EXISTS' };
      await o.expectUnchanged(() => o.session.call(createUser, null, { name: ALICE }), taken);
      const add = (name: string) => () => o.session.call(addRole, null, { name, privileges: [] });
      await o.expectUnchanged(add('Administrator'), taken);
      const roleId = await add('mine')();
      const rename = (name: string) => () => o.session.call(updateRole, null, { roleId, name, privileges: [] });
      await o.expectUnchanged(rename('Read-only'), taken);
      await rename('mine')();
      expect(o.vcenter.roles().filter(({ name }) => name === 'mine')).toHaveLength(1);
    }));

  it.each(['a\u0000b', 'a\nb', '\u001b[2J', 'a\u202eb', 'a\u200bb', '', '   ', 'x'.repeat(81)])(
    'are not called %j',
    (name) =>
      withAlice(async (o) => {
        const wrong = { code: 'INVALID_ARGUMENT', fault: { what: 'name' } };
        await o.expectUnchanged(() => o.session.call(createUser, null, { name: name as UserName }), wrong);
        await o.expectUnchanged(() => o.session.call(addRole, null, { name, privileges: [] }), wrong);
        const roleId = await o.role();
        await o.expectUnchanged(() => o.session.call(updateRole, null, { roleId, name, privileges: [] }), wrong);
        await o.expectUnchanged(() => o.session.call(createDatacenter, ROOT_FOLDER, { name }), wrong);
      }),
  );

  it('are named in any script, and told apart by it', () =>
    withAlice(async (o) => {
      for (const name of ['Jürgen@vsphere.local', 'Юрий@vsphere.local', '由美@vsphere.local']) {
        await o.session.call(createUser, null, { name: name as UserName });
        expect(o.vcenter.login(name as UserName, 'api').user).toBe(name);
      }
      for (const name of ['__proto__', 'constructor', 'toString'])
        expect(() => o.vcenter.login(name as UserName, 'api')).toThrow(
          expect.objectContaining({ code: 'INVALID_LOGIN' }),
        );
    }));

  it('do not have what is not a privilege, and the refusal names it', () =>
    withAlice(async (o) => {
      for (const wrong of ['Cryptographer.Everything', '__proto__', 'cryptographer.Access']) {
        const add = () => o.session.call(addRole, null, { name: 'mine', privileges: [wrong as Privilege] });
        await o.expectUnchanged(add, { code: 'INVALID_ARGUMENT', message: expect.stringContaining(wrong) });
      }
      const id = await o.role('Folder.Create', 'Folder.Create');
      expect(o.vcenter.roles().find((role) => role.id === id)?.privileges).toEqual([
        ...['System.Anonymous', 'System.View', 'System.Read', 'Folder.Create'],
      ]);
    }));
});

describe('[S17] a No cryptography administrator', () => {
  const DISK = { capacity: sectorCount(256) };

  /** A world with an encrypted VM on a host in encryption mode, and somebody of this role everywhere. */
  const withNoCryptoAdmin = (test: (world: PrivilegeWorld, user: ReturnType<typeof as>) => Promise<void>) =>
    PrivilegeWorld.run(
      async (world) => {
        await world.encryptedVm();
        const user = await world.user();
        await world.permit(user, noCryptoAdmin.id, ROOT_FOLDER, true);
        await test(world, as(world.vcenter, user));
      },
      { hosts: [ESX_1] },
    );
  const theVm = ({ vcenter }: PrivilegeWorld) => vcenter.vms()[0]!;

  it('powers an encrypted VM on and off while its key is on the host', () =>
    withNoCryptoAdmin(async (world, user) => {
      expect(await user.powerOnVm(theVm(world).uuid)).toMatchObject({ state: 'success', user: user.user });
      expect(theVm(world)).toMatchObject({ powerState: 'poweredOn' });
      expect(await user.powerOffVm(theVm(world).uuid)).toMatchObject({ state: 'success' });
    }));

  it('does not have the key fetched that the host lacks: the VM stays locked until an administrator unlocks it', () =>
    withNoCryptoAdmin(async (world, user) => {
      await world.rebootWithoutKeys(ESX_1);
      const before = await world.digest();
      await expect(user.session.begin(powerOnVm, theVm(world).id, {})).rejects.toMatchObject({
        ...CANNOT,
        fault: { privilege: 'Cryptographer.RegisterVM', object: theVm(world).id, name: 'payroll' },
      });
      expect(await world.digest()).toBe(before);
      expect((await world.admin.unlockVm(theVm(world).uuid)).error).toBeNull();
      expect((await user.powerOnVm(theVm(world).uuid)).error).toBeNull();
    }));

  it('makes plain VMs, and no encrypted ones, by neither path', () =>
    withNoCryptoAdmin(async (world, user) => {
      const args = { name: 'second' as VmName, host: world.host(ESX_1), disks: [DISK] };
      for (const via of ['client', 'api'] as const) {
        const before = await world.digest();
        const { session } = as(world.vcenter, user.user, via);
        const make = () => session.begin(createVm, user.vmFolder, { ...args, policy: 'VM Encryption Policy' });
        await expect(make()).rejects.toMatchObject({
          ...CANNOT,
          fault: { privilege: 'Cryptographer.EncryptNew', object: user.vmFolder, name: 'vm' },
          message: expect.stringMatching(/lacks privilege Cryptographer\.EncryptNew on vm \(group-v\d+\)/),
        });
        expect(await world.digest()).toBe(before);
      }
      expect(await user.createVm({ ...args, host: ESX_1 })).toMatchObject({ state: 'success' });
    }));

  it('registers an encrypted VM, which is locked then, and adds no host', () =>
    withNoCryptoAdmin(async (world, user) => {
      const { uuid, vmxPath } = theVm(world);
      expect((await user.unregisterVm(uuid)).error).toBeNull();
      await world.hosts.boot(ESX_1);
      await world.admin.reconnectHost(ESX_1);
      expect(await user.registerVm({ host: ESX_1, vmxPath })).toMatchObject({ state: 'success', error: null });
      expect(theVm(world)).toMatchObject({ cryptoState: 'locked', connectionState: 'invalid' });
      const name = 'esx-9' as HostName;
      await world.hosts.boot(name);
      await expect(user.addHost({ name, cluster: 'cluster-1' })).rejects.toMatchObject({
        ...CANNOT,
        fault: { privilege: 'Host.Inventory.AddHostToCluster' },
      });
    }));

  it('manages no keys, no key servers and no encrypting policy', () =>
    withNoCryptoAdmin(async (_world, user) => {
      const { cryptoManager } = user;
      await expect(cryptoManager.generateKey()).rejects.toMatchObject({
        fault: { privilege: 'Cryptographer.ManageKeys' },
      });
      await expect(cryptoManager.markDefault('corp-kms' as never)).rejects.toMatchObject({
        fault: { privilege: 'Cryptographer.ManageKeyServers' },
      });
    }));
});
