import type { PrivilegeMatrix } from './privilege-matrix.js';

const HEAD = ['operation', 'object', 'verb', 'privilege', 'on', 'when', 'without', 'since', 'before'];

/** The matrix as CSV (as RFC 4180, its lines ended by LF): a line for each privilege of each operation; one for an operation that looks for none. */
export function matrixCsv({ operations }: PrivilegeMatrix): string {
  const rows = operations.flatMap(({ operation, object, verb, needs }) => {
    const begin = [operation, object, verb];
    if (needs.length === 0) return [[...begin, null, null, null, null, null, null]];
    return needs.map(({ privilege, on, when, fault, effect, since, before }) => [
      ...[...begin, privilege, on, when, fault ?? effect],
      ...[since, before],
    ]);
  });
  return [HEAD, ...rows].map((row) => `${row.map((cell) => quoted(cell ?? '')).join(',')}\n`).join('');
}

function quoted(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
