import { type InventoryNames, type LabNames, oneOf, plainText, userNameSchema } from '@vcryptsim/lab';
import { PRIVILEGE_IDS, type Privilege } from '@vcryptsim/lab/catalogue';
import { z } from 'zod';
import { isName, nameOrRef } from '../lab-arguments.js';
import type { Named, NameKind } from '../named.js';

/** How an argument of an operation, or its object, is written in a step, and what it means at that moment. */
export interface Word {
  readonly field: string;
  readonly schema: (names: LabNames | undefined) => z.ZodType;
  /** May be left out. */
  readonly isOptional?: boolean;
  /** What it names, for the check before a run. */
  readonly uses?: (value: unknown) => readonly Named[];
  /** The argument, by what vCenter knows now. @throws LabError NAME_NOT_FOUND, NAME_AMBIGUOUS, VM_NOT_CREATED */
  readonly resolve: (
    value: unknown,
    names: InventoryNames,
    args: Readonly<Record<string, unknown>>,
    /** All that the step says. */
    fields: Readonly<Record<string, unknown>>,
  ) => unknown;
}

function nameWord(field: string, kind: NameKind, resolve: (name: string, names: InventoryNames) => unknown): Word {
  return {
    field,
    schema: (names) => nameOrRef(names?.[kind]),
    uses: (value) => (isName(value) ? [{ kind, name: value }] : []),
    resolve: (value, names) => resolve(String(value), names),
  };
}

export const vmWord = nameWord('vm', 'vms', (name, names) => names.vm(name).id);
export const hostWord = nameWord('host', 'hosts', (name, names) => names.host(name));
export const clusterWord = nameWord('cluster', 'clusters', (name, names) => names.cluster(name));
export const roleWord = nameWord('role', 'roles', (name, names) => names.role(name).id);
export const policyWord = nameWord('policy', 'policies', (name, names) => names.policy(name).id);

/** A user of vCenter. Whether there is such a one, vCenter itself says. */
export const userWord: Word = {
  field: 'user',
  schema: () => userNameSchema,
  uses: (value) => [{ kind: 'users', name: String(value) }],
  resolve: (value) => value,
};

/** A user that is to be made. */
export const newUserWord: Word = { field: 'user', schema: () => userNameSchema, resolve: (value) => value };

/** A name for what is to be made. */
export function newNameWord(field: string): Word {
  return { field, schema: () => plainText(80), resolve: (value) => value };
}

/** A machine of the lab that vCenter does not have yet. */
export const labHostWord: Word = {
  field: 'host',
  schema: (names) => oneOf(names?.labHosts),
  resolve: (value) => value,
};

/** A key provider of vCenter. Whether there is such a one, vCenter itself says. */
export const providerWord: Word = { field: 'provider', schema: () => z.string(), resolve: (value) => value };

/** Any object of the inventory: `/`, a path, a name, a reference. */
export function objectWord(field: string): Word {
  return { field, schema: () => z.string(), resolve: (value, names) => names.object(String(value)) };
}

/** A folder for one kind of thing; a datacenter stands for its own, and nothing for that of the only datacenter. */
export function folderWord(kind: 'vm' | 'host' | 'datacenter'): Word {
  return {
    field: 'folder',
    schema: () => z.string(),
    isOptional: true,
    resolve: (value, names, args) => {
      const near = typeof args.host === 'string' ? (args.host as ReturnType<InventoryNames['host']>) : undefined;
      return names.folder(value as string | undefined, kind, near);
    },
  };
}

const privilege = z.enum(PRIVILEGE_IDS as readonly [Privilege, ...Privilege[]]);

/** Privileges of a role: a list, or those of another role with some more and some fewer. */
export const privilegesWord: Word = {
  field: 'privileges',
  schema: (names) =>
    z.union([
      z.array(privilege),
      z.strictObject({
        like: nameOrRef(names?.roles),
        plus: z.array(privilege).default([]),
        minus: z.array(privilege).default([]),
      }),
    ]),
  uses: (value) => (Array.isArray(value) ? [] : [{ kind: 'roles', name: (value as { like: string }).like }]),
  resolve: (value, names) => {
    if (Array.isArray(value)) return value;
    const { like, plus, minus } = value as { like: string; plus: string[]; minus: string[] };
    return [...new Set([...names.role(like).privileges, ...plus])].filter((each) => !minus.includes(each));
  },
};
