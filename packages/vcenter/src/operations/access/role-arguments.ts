import { z } from 'zod';
import { isPrivilege, type Privilege } from '../../access/privileges.js';
import type { RoleId } from '../../database/schema.js';

export const roleIdArgument = z.number().int() as unknown as z.ZodType<RoleId>;

/** IDs of privileges; those of group System come with every role and need not be named. */
export const privilegesArgument: z.ZodType<readonly Privilege[]> = z.array(
  z.custom<Privilege>((value) => typeof value === 'string' && isPrivilege(value), {
    error: ({ input }) =>
      `${String(input)} is not a privilege; the list of all that are known says how each is spelled`,
  }),
);

/** A role has what is needed to see objects, whatever else it has (AuthorizationManager.AddAuthorizationRole). */
export function withSystemPrivileges(privileges: readonly Privilege[]): readonly Privilege[] {
  return [...new Set<Privilege>(['System.Anonymous', 'System.View', 'System.Read', ...privileges])];
}
