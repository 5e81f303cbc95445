import { disksOf, formatDuration, type Lab } from '@vcryptsim/lab';
import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import type { ScenarioProblem } from '../language/problem.js';
import { type Named, vmNamed } from '../steps/named.js';
import type { PlannedStep } from './scenario.js';
import { Symbols } from './symbols.js';

/** All waits of a scenario together: 60 days of the lab's time, about a minute of real time. */
const TOTAL_MS_MAX = 60 * 86_400_000;

/**
 * Finds what cannot work whatever happens in the run: a VM, a user, a role and so on that is used before it is made, or a
 * VM that is made twice, sectors beyond the end of a disk, more waiting than a run may do. A step that expects an error
 * is left alone: it may want just that.
 */
export function planProblems(lab: Lab, steps: readonly PlannedStep[]): ScenarioProblem[] {
  return new PlanCheck(lab).problemsOf(steps);
}

class PlanCheck {
  readonly #lab: Lab;
  readonly #problems: ScenarioProblem[] = [];
  #totalMs = 0;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  problemsOf(steps: readonly PlannedStep[]): ScenarioProblem[] {
    const there = new Symbols(this.#lab);
    for (const step of steps) this.#check(step, there);
    return this.#problems;
  }

  #check(step: PlannedStep, there: Symbols): void {
    const { makes = [], drops = [], uses = [], sectors, lastsMs = 0 } = step.action.plan;
    const fails = step.expectations.some(({ word }) => word === 'error');
    const tell = (message: string, nearest?: string | null) =>
      this.#problems.push({
        file: step.file,
        line: step.line,
        column: step.column,
        message,
        ...(nearest ? { nearest } : {}),
      });
    this.#checkStrands(step, there);
    if (!fails) {
      const caller: Named[] = step.caller.user === null ? [] : [{ kind: 'users', name: step.caller.user }];
      const seen = step.expectations.flatMap(({ vm }) => (vm === undefined ? [] : vmNamed(vm)));
      const made = new Set(makes.map(({ name }) => name));
      // What a step makes, its own expectations may look at.
      const after = seen.filter(({ name }) => !made.has(name));
      for (const named of distinct([...caller, ...uses, ...after])) there.refuseMissing(named, tell);
      for (const named of makes) there.make(named, step, tell);
      for (const named of drops) there.drop(named, step);
    }
    if (sectors !== undefined && !fails) {
      const last = sectors.lba + sectors.sectors - 1;
      const count = sectorsOf(this.#lab, sectors.vm, sectors.disk);
      if (count !== null && last >= count) tell(beyond(sectors.vm, last, count));
    }
    const before = this.#totalMs;
    this.#totalMs += lastsMs;
    if (before <= TOTAL_MS_MAX && this.#totalMs > TOTAL_MS_MAX) {
      tell(`all waits of this scenario together are longer than ${formatDuration(TOTAL_MS_MAX)}, the limit`);
    }
  }

  /** What one strand makes is not there for another: nobody knows which comes first. After both, all of it is. */
  #checkStrands({ strands }: PlannedStep, there: Symbols): void {
    const befores = strands.map(() => there.copy());
    for (const [index, strand] of strands.entries()) {
      for (const step of strand) this.#check(step, befores[index] ?? there);
    }
    for (const step of strands.flat()) {
      if (step.expectations.some(({ word }) => word === 'error')) continue;
      const { makes = [], drops = [] } = step.action.plan;
      const tell = (message: string) => this.#tellOnce(step, message);
      for (const named of makes) there.make(named, step, tell);
      for (const named of drops) there.drop(named, step);
    }
  }

  #tellOnce({ file, line, column }: PlannedStep, message: string): void {
    const isTold = this.#problems.some((each) => each.line === line && each.message === message);
    if (!isTold) this.#problems.push({ file, line, column, message });
  }
}

function beyond(vm: string, last: number, count: number): string {
  return `sector ${last} is beyond the end of the disk of '${vm}', which has ${count} sectors (0 to ${count - 1})`;
}

/** Sectors of a VM's disk; null where its size is not in the lab, or only its image says it. */
function sectorsOf(lab: Lab, vm: string, number: number): number | null {
  const spec = lab.vms[vm];
  const disk = spec && disksOf(spec)[number - 1];
  return disk?.size === undefined || disk.image !== undefined ? null : disk.size / SECTOR_SIZE_BYTES;
}

function distinct(all: readonly Named[]): readonly Named[] {
  return [...new Map(all.map((named) => [`${named.kind} ${named.name}`, named])).values()];
}
