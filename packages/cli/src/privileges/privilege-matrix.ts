import {
  type AnyOperation,
  factsOf,
  isNeededIn,
  OPERATIONS,
  PRIVILEGE_IDS,
  type Privilege,
  VCENTER_VERSIONS,
  type VCenterVersion,
} from '@vcryptsim/vcenter/catalogue';

/** A privilege that an operation looks for. */
export interface NeedRow {
  readonly privilege: Privilege;
  /** The object on which it is looked for, in words. */
  readonly on: string;
  /** The case in which it is looked for, in words; null: always. */
  readonly when: string | null;
  /** Without it: the fault with which the operation is refused, or null, and then what happens instead, in words. */
  readonly fault: 'NoPermission' | null;
  readonly effect: string | null;
  /** Releases that look for it: from the one on, before the other; null where there is no such bound. */
  readonly since: VCenterVersion | null;
  readonly before: VCenterVersion | null;
}

/** An operation, and every privilege that it looks for, in the order in which it does. */
export interface OperationRow {
  /** Method as the vSphere API spells it. */
  readonly operation: string;
  /** Type of the object on which it is called. */
  readonly object: string;
  /** Verb of scenarios and `lab do`, or null. */
  readonly verb: string | null;
  readonly about: string;
  readonly task: boolean;
  /** The first release that has it; null: all. */
  readonly since: VCenterVersion | null;
  readonly needs: readonly NeedRow[];
}

/** A privilege, and the operations that look for it. */
export interface PrivilegeRow {
  readonly privilege: Privilege;
  readonly since: VCenterVersion;
  /** The object on which a permission with it is set, in words. */
  readonly setOn: string;
  readonly allows: string;
  /** Names of operations; empty: none of those that there are yet. */
  readonly usedBy: readonly string[];
}

/** Which operation looks for which privilege. */
export interface PrivilegeMatrix {
  readonly operations: readonly OperationRow[];
  /** All of group Cryptographer, used or not. */
  readonly privileges: readonly PrivilegeRow[];
  /** The others that are known here. */
  readonly otherPrivileges: readonly PrivilegeRow[];
}

/**
 * Reads the matrix from vCenter's catalogue: each operation has a row, also one that looks for no Cryptographer privilege.
 *
 * @param vcenter only what this release has and looks for; left out: all releases, each need with its bounds
 */
export function privilegeMatrix(vcenter?: VCenterVersion): PrivilegeMatrix {
  const has = (since: VCenterVersion | null) =>
    vcenter === undefined || since === null || VCENTER_VERSIONS.indexOf(vcenter) >= VCENTER_VERSIONS.indexOf(since);
  const operations = OPERATIONS.map((operation): OperationRow => {
    const { name, on, verb = null, about, kind, since = null } = operation;
    const needs = operation.needs.filter((need) => vcenter === undefined || isNeededIn(need, vcenter));
    return { operation: name, object: on, verb, about, task: kind === 'task', since, needs: needs.map(needRow) };
  }).filter(({ since }) => has(since));
  const privileges = PRIVILEGE_IDS.map((privilege): PrivilegeRow => {
    const { since, setOn, allows } = factsOf(privilege);
    const users = operations.filter(({ needs }) => needs.some((need) => need.privilege === privilege));
    return { privilege, since, setOn, allows, usedBy: users.map(({ operation }) => operation) };
  }).filter(({ since }) => has(since));
  const isCryptographer = ({ privilege }: PrivilegeRow) => privilege.startsWith('Cryptographer.');
  return {
    operations,
    privileges: privileges.filter(isCryptographer),
    otherPrivileges: privileges.filter((row) => !isCryptographer(row)),
  };
}

function needRow(need: AnyOperation['needs'][number]): NeedRow {
  const { privilege, on, when, since, before, ifMissing } = need;
  const isFault = ifMissing === 'NoPermission';
  return {
    ...{ privilege, on, when: when ?? null },
    ...{ fault: isFault ? ifMissing : null, effect: isFault ? null : ifMissing.effect },
    ...{ since: since ?? null, before: before ?? null },
  };
}
