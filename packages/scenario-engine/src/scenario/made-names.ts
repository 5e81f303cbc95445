import type { LabNames } from '@vcryptsim/lab';
import type { NameKind } from '../steps/named.js';
import { allSteps, type PlannedStep } from './scenario.js';

/** The names of a lab, and those that steps make. */
export function withMadeNames(names: LabNames, steps: readonly PlannedStep[]): LabNames {
  const all: Record<NameKind, string[]> = { ...mutable(names) };
  const known = Object.fromEntries(Object.entries(all).map(([kind, each]) => [kind, new Set(each)]));
  for (const { kind, name } of allSteps(steps).flatMap(({ action }) => action.plan.makes ?? [])) {
    if (known[kind]?.has(name)) continue;
    known[kind]?.add(name);
    all[kind].push(name);
  }
  return { ...names, ...all };
}

function mutable({ labVms: _, labHosts: __, ...names }: LabNames): Record<NameKind, string[]> {
  return Object.fromEntries(Object.entries(names).map(([kind, each]) => [kind, [...each]])) as Record<
    NameKind,
    string[]
  >;
}
