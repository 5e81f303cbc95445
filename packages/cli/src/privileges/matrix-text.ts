import { labelled, textWidth, wrap } from '@vcryptsim/scenario-engine/layout';
import type { NeedRow, OperationRow, PrivilegeMatrix, PrivilegeRow } from './privilege-matrix.js';

const INDENT = '  ';

/** The matrix as lines for a person, for a terminal of `width` columns. */
export function matrixText({ operations, privileges, otherPrivileges }: PrivilegeMatrix, width: number): string {
  const column = 2 + Math.max(...[...privileges, ...otherPrivileges].map(({ privilege }) => textWidth(privilege)));
  const intro =
    'Operations, and the privileges that each looks for. Without one of them the operation is refused with NoPermission and changes nothing, unless "without it" says what happens instead.';
  return [
    ...wrap(intro, '', width),
    ...operations.flatMap((row) => ['', ...operationLines(row, column, width)]),
    '',
    'Cryptographer privileges, and the operations that look for them',
    ...privileges.flatMap((row) => ['', ...privilegeLines(row, width)]),
    '',
    'Other privileges',
    ...otherPrivileges.flatMap((row) => ['', ...privilegeLines(row, width)]),
    '',
  ].join('\n');
}

function operationLines({ operation, object, verb, since, needs }: OperationRow, column: number, width: number) {
  const title = [`${operation} on ${object}`, ...(verb === null ? [] : [`verb ${verb}`]), ...bounds(since, null)].join(
    ', ',
  );
  const lines = needs.flatMap((need) => needLines(need, column, width));
  return [...wrap(title, '', width), ...(lines.length > 0 ? lines : [`${INDENT}no privilege`])];
}

function needLines({ privilege, on, when, effect, since, before }: NeedRow, column: number, width: number): string[] {
  const where = [`on ${on}`, ...(when === null ? [] : [`when ${when}`]), ...bounds(since, before)].join(', ');
  const label = `${INDENT}${privilege.padEnd(column)}`;
  const indent = ' '.repeat(label.length);
  return [
    ...labelled(label, where, width),
    ...(effect === null
      ? []
      : wrap(`without it: ${effect}`, width < 2 * indent.length ? INDENT + INDENT : indent, width)),
  ];
}

function privilegeLines({ privilege, since, setOn, allows, usedBy }: PrivilegeRow, width: number): string[] {
  return [
    `${privilege} (since ${since})`,
    ...labelled(`${INDENT}allows   `, allows, width),
    ...labelled(`${INDENT}set on   `, setOn, width),
    ...labelled(`${INDENT}used by  `, usedBy.length > 0 ? usedBy.join(', ') : 'not used yet', width),
  ];
}

function bounds(since: string | null, before: string | null): string[] {
  return [...(since === null ? [] : [`since ${since}`]), ...(before === null ? [] : [`before ${before}`])];
}
