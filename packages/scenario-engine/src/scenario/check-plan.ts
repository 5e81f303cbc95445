import { formatDuration, type Lab } from '@vcryptsim/lab';
import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { nearestWord } from '../language/nearest-word.js';
import type { ScenarioProblem } from '../language/problem.js';
import type { PlannedStep } from './scenario.js';

/** All waits of a scenario together: 60 days of the lab's time, about a minute of real time. */
const TOTAL_MS_MAX = 60 * 86_400_000;

/**
 * Finds what cannot work whatever happens in the run: a VM used before it is created or created twice, sectors beyond
 * the end of a disk, more waiting than a run may do. A step that expects an error is left alone: it may want just that.
 */
export function planProblems(lab: Lab, steps: readonly PlannedStep[]): ScenarioProblem[] {
  const createdAt = new Map<string, PlannedStep>();
  const problems: ScenarioProblem[] = [];
  let totalMs = 0;
  for (const step of steps) {
    const { creates, uses = [], sectors, lastsMs = 0 } = step.action.plan;
    const fails = step.expectations.some(({ word }) => word === 'error');
    const tell = (message: string, nearest?: string | null) =>
      problems.push({
        file: step.file,
        line: step.line,
        column: step.column,
        message,
        ...(nearest ? { nearest } : {}),
      });
    const first = creates === undefined ? undefined : createdAt.get(creates);
    if (first !== undefined && !fails) tell(`VM '${creates}' is created twice, first in ${first.file}:${first.line}`);
    if (creates !== undefined && !fails) createdAt.set(creates, step);
    const seen = [...uses, ...step.expectations.flatMap(({ vm }) => vm ?? [])];
    for (const vm of new Set(fails ? [] : seen)) {
      if (createdAt.has(vm)) continue;
      tell(
        `VM '${vm}' is used before it is created; put 'vm.create: ${vm}' first`,
        nearestWord(vm, [...createdAt.keys()]),
      );
    }
    if (sectors !== undefined && !fails) {
      const last = sectors.lba + sectors.sectors - 1;
      const count = sectorsOf(lab, sectors.vm);
      if (count !== null && last >= count) tell(beyond(sectors.vm, last, count));
    }
    const before = totalMs;
    totalMs += lastsMs;
    if (before <= TOTAL_MS_MAX && totalMs > TOTAL_MS_MAX) {
      tell(`all waits of this scenario together are longer than ${formatDuration(TOTAL_MS_MAX)}, the limit`);
    }
  }
  return problems;
}

function beyond(vm: string, last: number, count: number): string {
  return `sector ${last} is beyond the end of the disk of '${vm}', which has ${count} sectors (0 to ${count - 1})`;
}

/** Sectors of a VM's disk; null where only its image says how many. */
function sectorsOf(lab: Lab, vm: string): number | null {
  const disk = lab.vms[vm]?.disk;
  const hasImage = disk !== undefined && 'image' in disk && disk.image !== undefined;
  return disk?.size === undefined || hasImage ? null : disk.size / SECTOR_SIZE_BYTES;
}
