import { userNameSchema } from '@vcryptsim/lab';
import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';

/** `permission`: which role a user has on an object by a permission of its own there, or `none`. */
export const permission = expectationKind({
  word: 'permission',
  about: 'A user has this role on an object, by a permission that is set there; role: none, if there is none.',
  example: 'permission: { user: alice, on: /dc-1, role: Read-only }',
  value: () => z.strictObject({ user: userNameSchema, on: z.string(), role: z.string() }),
  check: ({ user, on, role }, { world }) => {
    const { vcenter, names } = world;
    const object = names.object(on);
    const set = vcenter.permissions().find((each) => each.user === user && each.entity === object);
    const found = vcenter.roles().find(({ id }) => id === set?.role)?.name ?? 'none';
    return { met: found === role, wanted: `${user} on ${on}: ${role}`, found };
  },
});
