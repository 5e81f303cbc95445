import type { BindPlace } from '../language/binding.js';
import type { StepKind } from '../steps/step-kind.js';
import type { BoundSteps } from './bound-steps.js';
import { allSteps, type PlannedStep } from './scenario.js';

/** What binds the step that holds others, with what goes beside it. */
export type BindHolder = (kind: HolderKind, map: Readonly<Record<string, unknown>>, place: BindPlace) => BoundSteps;
export type HolderKind = Pick<StepKind, 'verb' | 'takesConditions' | 'bind'>;

/** Binds one entry of a list of steps. */
export type BindEntry = (entry: unknown, place: BindPlace) => Promise<BoundSteps>;

/** `together: [STEP, ...]`: a strand for each. */
export async function bindTogether(
  map: Readonly<Record<string, unknown>>,
  place: BindPlace,
  bindEntry: BindEntry,
  bindHolder: BindHolder,
): Promise<BoundSteps> {
  const path = [...place.path, 'together'];
  const list = map.together;
  if (!Array.isArray(list) || list.length < 2) {
    return refuse(place, path, "'together' holds a list of two steps or more");
  }
  const strands: BoundSteps[] = [];
  for (const [index, entry] of list.entries()) {
    strands.push(await bindEntry(entry, { ...place, path: [...path, index] }));
  }
  return joined('together', 'side by side', strands, bindHolder(holder('together'), map, place), place);
}

/** `meanwhile: [STEP, ...]` and the step after it: two strands. */
export async function bindMeanwhile(
  map: Readonly<Record<string, unknown>>,
  place: BindPlace,
  next: { readonly entry: unknown; readonly place: BindPlace } | null,
  bindEntry: BindEntry,
  bindHolder: BindHolder,
): Promise<BoundSteps> {
  const path = [...place.path, 'meanwhile'];
  const list = map.meanwhile;
  if (!Array.isArray(list) || list.length === 0) return refuse(place, path, "'meanwhile' holds a list of steps");
  if (next === null) return refuse(place, path, "'meanwhile' needs a step after it, beside which its steps are taken");
  const own: BoundSteps = { steps: [], problems: [] };
  for (const [index, entry] of list.entries()) {
    const one = await bindEntry(entry, { ...place, path: [...path, index] });
    own.steps.push(...one.steps);
    own.problems.push(...one.problems);
  }
  const strands = [own, await bindEntry(next.entry, next.place)];
  return joined('meanwhile', 'beside the next', strands, bindHolder(holder('meanwhile'), map, place), place);
}

function joined(
  verb: string,
  how: string,
  strands: readonly BoundSteps[],
  own: BoundSteps,
  place: BindPlace,
): BoundSteps {
  const problems = [...strands.flatMap((strand) => strand.problems), ...own.problems];
  const inside = strands.flatMap(({ steps }) => steps);
  if (inside.some((step) => step.strands.length > 0)) {
    return refuse(place, place.path, `'${verb}' cannot hold another 'together' or 'meanwhile'`);
  }
  const count = inside.length;
  const title = `${verb}: ${count} step${count === 1 ? '' : 's'} ${how}`;
  const steps = own.steps.map((step): PlannedStep => ({ ...step, title, strands: strands.map((each) => each.steps) }));
  return problems.length > 0 ? { steps: allSteps(steps), problems } : { steps, problems };
}

/** It does nothing of its own. */
function holder(verb: string): HolderKind {
  return { verb, takesConditions: false, bind: () => ({ bound: { plan: {}, run: async () => ({}) } }) };
}

function refuse({ source }: BindPlace, path: BindPlace['path'], message: string): BoundSteps {
  return { steps: [], problems: [source.problemAt(path, message)] };
}
