import type { MoRef } from '@vcryptsim/ports';
import type { UserName } from '../database/schema.js';

/** Where a permission is kept: a user has one at most on an object. */
export function permissionId(user: UserName, entity: MoRef): string {
  return `${entity} ${user}`;
}
