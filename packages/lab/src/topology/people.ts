import { isPrivilege, PRIVILEGE_IDS, type Privilege, SHIPPED_ROLES } from '@vcryptsim/vcenter/catalogue';
import { z } from 'zod';
import { plainText } from './plain-text.js';
import { userNameSchema } from './user-name.js';

/** Ours: more than any lesson has. */
const PEOPLE_MAX = 1_000;

const privilege = z.enum(PRIVILEGE_IDS as readonly [Privilege, ...Privilege[]]);

/** A role: its privileges, or those of another role with some more and some fewer. */
const roleSchema = z.union([
  z.array(privilege).transform((privileges) => ({ like: null, plus: privileges, minus: [] as Privilege[] })),
  z.strictObject({
    like: plainText(80),
    plus: z.array(privilege).default([]),
    minus: z.array(privilege).default([]),
  }),
]);

/** What is made in a vCenter before the first step, beside machines: who may what, and storage policies. */
export const peopleShape = {
  users: z.array(userNameSchema).max(PEOPLE_MAX, `at most ${PEOPLE_MAX} users are possible`).optional(),
  roles: z.record(plainText(80), roleSchema).optional(),
  permissions: z
    .array(
      z.strictObject({
        user: userNameSchema,
        role: plainText(80),
        /** A path such as `/dc-1/host/cluster-1`, a name, or `/` for the root folder. */
        on: z.string(),
        propagate: z.boolean().default(true),
      }),
    )
    .max(PEOPLE_MAX, `at most ${PEOPLE_MAX} permissions are possible`)
    .optional(),
  policies: z
    .record(
      plainText(80),
      z.strictObject({
        description: z.string().max(1_024).default(''),
        encrypts: z.boolean().default(true),
        allowCleartextFilters: z.boolean().default(false),
      }),
    )
    .optional(),
};

/** Roles of a lab by name. */
export type LabRoles = Readonly<
  Record<
    string,
    { readonly like: string | null; readonly plus: readonly Privilege[]; readonly minus: readonly Privilege[] }
  >
>;

const SHIPPED: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>(
  Object.values(SHIPPED_ROLES).map(({ name, privileges }) => [name, privileges]),
);

/**
 * The privileges that a role of a lab has.
 *
 * @returns null where it is like a role that there is not, or like itself by way of others
 */
export function privilegesOf(roles: LabRoles, name: string): readonly Privilege[] | null {
  const chain = likenessOf(roles, name);
  const base = chain.at(-1);
  if (base === undefined) return null;
  const first = Object.hasOwn(roles, base) ? [] : (SHIPPED.get(base) ?? null);
  const isWhole = first !== null && (!Object.hasOwn(roles, base) || roles[base]?.like === null);
  if (!isWhole) return null;
  const own = chain.filter((each) => Object.hasOwn(roles, each)).reverse();
  const all = new Set<Privilege>(first.filter(isPrivilege));
  for (const role of own) {
    for (const each of roles[role]?.plus ?? []) all.add(each);
    for (const each of roles[role]?.minus ?? []) all.delete(each);
  }
  return [...all];
}

/** A role, the one that it is like, and so on; ends before a role that is in it already. */
export function likenessOf(roles: LabRoles, name: string): readonly string[] {
  const chain: string[] = [];
  for (let at: string | null = name; at !== null && !chain.includes(at); ) {
    chain.push(at);
    at = (Object.hasOwn(roles, at) ? roles[at]?.like : null) ?? null;
  }
  return chain;
}
