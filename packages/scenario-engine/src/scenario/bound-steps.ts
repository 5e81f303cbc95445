import type { BindPlace } from '../language/binding.js';
import type { ScenarioProblem } from '../language/problem.js';
import type { PlannedStep } from './scenario.js';

/** Steps in the making: what could be bound, and everything that could not. */
export interface BoundSteps {
  readonly steps: PlannedStep[];
  readonly problems: ScenarioProblem[];
}

/** How a `use` inside the steps is read: answers the steps of the part. */
export type StepsOfPart = (name: string, place: BindPlace) => Promise<BoundSteps>;
