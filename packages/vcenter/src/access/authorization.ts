import type { MoRef } from '@vcryptsim/ports';
import type { PermissionRecord, RoleRecord, UserName } from '../database/schema.js';
import type { VcDatabase } from '../database/vc-database.js';
import type { Inventory } from '../inventory/inventory.js';
import { VCenterError } from '../terms/errors.js';
import { permissionId } from './permission-id.js';
import type { Privilege } from './privileges.js';

/**
 * Who may do what, and where. A permission on an object wins over those above it, whatever they say; one above counts
 * only if it propagates (vSphere Security, "Hierarchical Inheritance of Permissions").
 */
export class Authorization {
  readonly #database: VcDatabase;
  readonly #inventory: Inventory;

  constructor(database: VcDatabase, inventory: Inventory) {
    this.#database = database;
    this.#inventory = inventory;
  }

  /** Says whether a user has a privilege on an object. */
  has(user: UserName, privilege: Privilege, entity: MoRef): boolean {
    return this.#roleOn(user, entity)?.privileges.includes(privilege) ?? false;
  }

  /** @throws VCenterError INVALID_LOGIN */
  refuseUnknown(user: UserName): void {
    if (this.#database.table('users').has(user)) return;
    throw new VCenterError(
      { code: 'INVALID_LOGIN', user },
      `vCenter knows no user ${user}. Name one of its users, or add this one first.`,
    );
  }

  #roleOn(user: UserName, entity: MoRef): RoleRecord | null {
    for (const [index, each] of this.#inventory.pathOf(entity).entries()) {
      const permission = this.#database.table('permissions').get(permissionId(user, each));
      if (permission && (index === 0 || permission.propagate)) return this.#role(permission);
    }
    return null;
  }

  #role({ role }: PermissionRecord): RoleRecord | null {
    return this.#database.table('roles').get(String(role)) ?? null;
  }
}
