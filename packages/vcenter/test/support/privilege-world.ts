import { createHash } from 'node:crypto';
import type { HostApi } from '@vcryptsim/hypervisor/api';
import type { HostName, MoRef, VmUuid } from '@vcryptsim/ports';
import { ROOT_FOLDER, type RoleId, type UserName, type VCenter, type VCenterOptions } from '@vcryptsim/vcenter';
import {
  addRole,
  createUser,
  PRIVILEGE_IDS,
  type Privilege,
  SHIPPED_ROLES,
  setEntityPermission,
} from '@vcryptsim/vcenter/catalogue';
import { as } from './as-user.js';
import { ESX_1, ESX_2, KMS_1, KMS_2, type Lab } from './lab.js';
import { type RealHosts, withRealHost } from './real-hosts.js';

export const ESX_3 = 'esx-3' as HostName;

/** A world with users whose roles lack something. */
export class PrivilegeWorld {
  #users = 0;

  private constructor(
    readonly lab: Lab,
    readonly vcenter: VCenter,
    readonly hosts: RealHosts,
  ) {}

  /** Three real hosts in one cluster, none of them in encryption mode, unless other ones are named. */
  static run(
    test: (world: PrivilegeWorld) => Promise<void>,
    {
      hosts = [ESX_1, ESX_2, ESX_3],
      ...more
    }: { hosts?: readonly HostName[]; version?: VCenterOptions['version'] } = {},
  ): Promise<void> {
    const options = more.version === undefined ? {} : { version: more.version };
    return withRealHost((lab, vcenter, real) => test(new PrivilegeWorld(lab, vcenter, real)), hosts, options);
  }

  /** The administrator. */
  get admin() {
    return as(this.vcenter);
  }

  /** Somebody who may do everything, but lacks some privileges, on one object alone or everywhere. */
  async lacking(privileges: readonly Privilege[], where?: MoRef): Promise<UserName> {
    const user = await this.user();
    const role = await this.roleWithout(privileges);
    if (where) await this.permit(user, SHIPPED_ROLES.admin.id, ROOT_FOLDER, true);
    await this.permit(user, role, where ?? ROOT_FOLDER, where === undefined);
    return user;
  }

  /** Somebody who lacks privileges everywhere but on one object. */
  async lackingButOn(privileges: readonly Privilege[], where: MoRef): Promise<UserName> {
    const user = await this.lacking(privileges);
    await this.permit(user, SHIPPED_ROLES.admin.id, where, false);
    return user;
  }

  /** A user without any permission. */
  async user(): Promise<UserName> {
    this.#users += 1;
    const name = `user-${this.#users}@vsphere.local` as UserName;
    await this.admin.session.call(createUser, null, { name });
    return name;
  }

  /** A role with all privileges but some. */
  roleWithout(privileges: readonly Privilege[]): Promise<RoleId> {
    const rest = PRIVILEGE_IDS.filter((id) => !privileges.includes(id));
    const name = `without ${privileges.join(' and ')} ${this.vcenter.roles().length}`.slice(0, 80);
    return this.admin.session.call(addRole, null, { name, privileges: rest });
  }

  permit(user: UserName, roleId: RoleId, entity: MoRef, propagate: boolean): Promise<void> {
    return this.admin.session.call(setEntityPermission, null, { user, entity, roleId, propagate });
  }

  host(name: HostName): MoRef<'HostSystem'> {
    return this.admin.host(name);
  }

  /** A host as it is, not as vCenter knows it. */
  api(name: HostName): Promise<HostApi> {
    return this.hosts.connect(name);
  }

  get hostFolder(): MoRef<'Folder'> {
    return this.vcenter.datacenters()[0]!.hostFolder;
  }

  vm(uuid: VmUuid): MoRef<'VirtualMachine'> {
    return this.admin.vm(uuid);
  }

  /** An encrypted VM on the first host, by somebody who may not bring some hosts into encryption mode. */
  async encryptedVm(without: readonly HostName[] = [], name = 'payroll'): Promise<VmUuid> {
    const { permissions } = { permissions: without.map((host) => this.host(host)) };
    const user = await this.lacking([]);
    const role = await this.roleWithout(['Cryptographer.RegisterHost']);
    for (const host of permissions) await this.permit(user, role, host, false);
    const task = await as(this.vcenter, user).createVm({
      ...{ name: name as never, host: ESX_1, policy: 'VM Encryption Policy', disks: [{ capacity: 256 as never }] },
    });
    if (task.state !== 'success') throw new Error(`${task.error?.code}: ${task.error?.message}`);
    return this.vcenter.vms().find(({ id }) => id === task.result)!.uuid;
  }

  /** A plain VM on the first host. */
  async plainVm(): Promise<VmUuid> {
    const task = await this.admin.createVm({
      name: 'plain' as never,
      host: ESX_1,
      disks: [{ capacity: 256 as never }],
    });
    return this.vcenter.vms().find(({ id }) => id === task.result)!.uuid;
  }

  cutKeyServers(): void {
    for (const name of [KMS_1, KMS_2]) this.lab.network.set(name, { kind: 'refuse' });
  }

  mendKeyServers(): void {
    for (const name of [KMS_1, KMS_2]) this.lab.network.clear(name);
  }

  /** Reboots a host while no key server answers; vCenter has noticed, and what had keys is locked. */
  async rebootWithoutKeys(name: HostName): Promise<void> {
    this.cutKeyServers();
    await this.hosts.boot(name);
    await this.admin.reconnectHost(name);
    this.mendKeyServers();
  }

  /** Lets heartbeats and two remediations pass, with vCenter at work. */
  async waitForRemediation(): Promise<void> {
    this.vcenter.start();
    await this.lab.clock.after(700_000);
  }

  /** A digest over every byte that is kept: of vCenter, hosts and datastores; and over the tables that it answers from. */
  async digest(): Promise<string> {
    const hash = createHash('sha256');
    for (const [path, bytes] of await this.lab.filesUnder('/')) hash.update(path).update(bytes);
    hash.update(JSON.stringify(this.tables()));
    return hash.digest('hex');
  }

  /** Everything that vCenter answers of itself. */
  tables(): object {
    const { vcenter } = this;
    return [
      ...[vcenter.folders(), vcenter.datacenters(), vcenter.computeResources(), vcenter.hosts(), vcenter.datastores()],
      ...[vcenter.vms(), vcenter.keyProviders(), vcenter.keyServerStatus(), vcenter.policies(), vcenter.roles()],
      ...[vcenter.users(), vcenter.permissions(), vcenter.tasks(), vcenter.eventRecords(), vcenter.alarms()],
    ];
  }
}
