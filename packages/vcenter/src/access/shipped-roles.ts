import type { RoleId, RoleRecord } from '../database/schema.js';
import { PRIVILEGE_IDS, type Privilege } from './privileges.js';

/** Every role has these, once it is more than no access. */
const READ: readonly Privilege[] = ['System.Anonymous', 'System.View', 'System.Read'];

/** What the role without cryptography lacks beside all Cryptographer privileges (facts/vsphere-encryption.md section 3). */
const NOT_WITHOUT_CRYPTOGRAPHY: readonly Privilege[] = [
  'Global.Diagnostics',
  'Host.Inventory.AddHostToCluster',
  'Host.Inventory.AddStandaloneHost',
  'Host.Local.ManageUserGroups',
];

const withoutCryptography = PRIVILEGE_IDS.filter(
  (privilege) => !privilege.startsWith('Cryptographer.') && !NOT_WITHOUT_CRYPTOGRAPHY.includes(privilege),
);

const role = (id: number, name: string, privileges: readonly Privilege[]): RoleRecord => ({
  id: id as RoleId,
  name,
  privileges,
});

/** Roles that every vCenter has, with the product's IDs and labels; they cannot be changed. */
export const SHIPPED_ROLES = {
  admin: role(-1, 'Administrator', PRIVILEGE_IDS),
  readOnly: role(-2, 'Read-only', READ),
  noAccess: role(-5, 'No access', []),
  noCryptoAdmin: role(-6, 'No cryptography administrator', withoutCryptography),
} as const;
