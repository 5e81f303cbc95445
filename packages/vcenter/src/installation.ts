import { ADMINISTRATOR } from './access/administrator.js';
import { permissionId } from './access/permission-id.js';
import { SHIPPED_ROLES } from './access/shipped-roles.js';
import type { Transaction } from './database/transaction.js';
import { ROOT_FOLDER } from './inventory/root-folder.js';
import { SAMPLE_POLICY } from './policies/sample-policy.js';

/** Puts what a vCenter has when it is installed: its root folder, its roles, its administrator, the sample policy. */
export function install(tx: Transaction, name: string): void {
  tx.put('installation', 'vcenter', { name, counters: { object: 2, task: 1, event: 1, role: 1 } });
  tx.put('folders', ROOT_FOLDER, { id: ROOT_FOLDER, name: 'Datacenters', parent: null });
  for (const role of Object.values(SHIPPED_ROLES)) tx.put('roles', String(role.id), role);
  tx.put('users', ADMINISTRATOR, { name: ADMINISTRATOR });
  tx.put('permissions', permissionId(ADMINISTRATOR, ROOT_FOLDER), {
    user: ADMINISTRATOR,
    entity: ROOT_FOLDER,
    role: SHIPPED_ROLES.admin.id,
    propagate: true,
  });
  tx.put('policies', SAMPLE_POLICY.id, SAMPLE_POLICY);
}
