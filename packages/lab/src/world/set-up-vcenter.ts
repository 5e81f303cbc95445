import type { HostName, MoRef } from '@vcryptsim/ports';
import { ADMINISTRATOR, ROOT_FOLDER, type Session, type VCenter } from '@vcryptsim/vcenter';
import {
  addHost,
  addRole,
  addStandaloneHost,
  createCluster,
  createDatacenter,
  createFolder,
  createPolicy,
  createUser,
  setEntityPermission,
} from '@vcryptsim/vcenter/catalogue';
import { succeed } from '../errors/task-error.js';
import { InventoryNames } from '../names/inventory-names.js';
import { sitePlanOf } from '../topology/site-plan.js';
import type { Lab } from '../topology/topology.js';

/**
 * Sets a new vCenter up as its administrator does: datacenters, folders, clusters and their hosts, storage policies, users,
 * roles and permissions, as far as they are this vCenter's.
 *
 * @param own name of the vCenter in the lab
 * @throws LabError NAME_NOT_FOUND, NAME_AMBIGUOUS for the object of a permission; VCenterError; FileError
 */
export async function setUpVCenter(vcenter: VCenter, own: string, lab: Lab): Promise<void> {
  const session = vcenter.login(ADMINISTRATOR, 'client');
  const names = new InventoryNames(vcenter);
  const plan = sitePlanOf(lab);
  const isFirst = plan.vcenters[0]?.name === own;
  for (const { name } of plan.datacenters.filter((each) => each.vcenter === own)) {
    await session.call(createDatacenter, ROOT_FOLDER, { name });
  }
  const [first] = vcenter.datacenters();
  if (isFirst && first) {
    for (const name of lab.folders ?? []) await session.call(createFolder, first.vmFolder, { name });
  }
  for (const { name, datacenter, hosts } of plan.clusters.filter((each) => each.vcenter === own)) {
    const cluster = await session.call(createCluster, names.folder(datacenter, 'host'), { name });
    for (const host of hosts) succeed(await session.run(addHost, cluster, { name: host as HostName }));
  }
  for (const { name, datacenter } of plan.standalone.filter((each) => each.vcenter === own)) {
    succeed(await session.run(addStandaloneHost, names.folder(datacenter, 'host'), { name: name as HostName }));
  }
  for (const [name, policy] of Object.entries(lab.policies ?? {}))
    await session.call(createPolicy, null, { name, ...policy });
  await setUpPeople(session, names, lab, plan.roles, isFirst);
}

async function setUpPeople(
  session: Session,
  names: InventoryNames,
  { users = [], permissions = [] }: Lab,
  roles: ReturnType<typeof sitePlanOf>['roles'],
  isFirst: boolean,
): Promise<void> {
  for (const name of users) await session.call(createUser, null, { name });
  for (const role of roles) await session.call(addRole, null, role);
  // Objects of permissions are looked for in the first vCenter; those of another have other names.
  for (const { user, role, on, propagate } of isFirst ? permissions : []) {
    const entity: MoRef = names.object(on);
    await session.call(setEntityPermission, null, { user, entity, roleId: names.role(role).id, propagate });
  }
}
