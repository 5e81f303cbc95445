import { z } from 'zod';
import { ADMINISTRATOR } from '../../access/administrator.js';
import type { UserName } from '../../database/schema.js';
import { VCenterError } from '../../terms/errors.js';
import { nameArgument } from '../arguments.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { refuseWithoutAdministrator } from './last-administrator.js';

/** DeleteLocalPrincipal: the user's permissions go too. @throws VCenterError INVALID_LOGIN, RESOURCE_IN_USE, AUTH_MINIMUM_ADMIN; FileError */
export const removeUser = plainOperation<'PrincipalManagementService', { readonly name: UserName }, void>({
  name: 'DeleteLocalPrincipal',
  on: 'PrincipalManagementService',
  verb: 'user.remove',
  about: 'Removes a user, and its permissions.',
  source: 'single sign-on administration; its privilege is [ours]',
  args: z.strictObject({ name: nameArgument<UserName>() }),
  needs: [onRoot('Authorization.ModifyPermissions')],
  run: async (context, { args: { name } }) => {
    const { database, authorization } = context;
    authorization.refuseUnknown(name);
    if (name === ADMINISTRATOR) {
      throw new VCenterError(
        { code: 'RESOURCE_IN_USE', what: `user ${name}` },
        `User ${name} came with vCenter and cannot be removed.`,
      );
    }
    await database.change((tx) => {
      refuseWithoutAdministrator(context, ({ user }) => user === name);
      tx.drop('users', name);
      for (const [id, { user }] of database.table('permissions')) if (user === name) tx.drop('permissions', id);
    });
  },
});
