import { z } from 'zod';
import type { UserName } from '../../database/schema.js';
import { VCenterError } from '../../terms/errors.js';
import { nameArgument } from '../arguments.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';

/**
 * CreateLocalPersonUser, of the single sign-on service: a user without a permission yet. Users have no passwords here:
 * who calls is who says so [ours].
 *
 * @throws VCenterError ALREADY_EXISTS; FileError
 */
export const createUser = plainOperation<'PrincipalManagementService', { readonly name: UserName }, void>({
  name: 'CreateLocalPersonUser',
  on: 'PrincipalManagementService',
  verb: 'user.add',
  about: 'Makes a user, who may do nothing yet.',
  source: 'single sign-on administration; its privilege is [ours]',
  args: z.strictObject({ name: nameArgument<UserName>() }),
  needs: [onRoot('Authorization.ModifyPermissions')],
  run: async ({ database }, { args: { name } }) => {
    await database.change((tx) => {
      if (tx.get('users', name) === null) return tx.put('users', name, { name });
      const what = `user ${name}`;
      throw new VCenterError({ code: 'ALREADY_EXISTS', what }, `There is a ${what} already. Choose another name.`);
    });
  },
});
