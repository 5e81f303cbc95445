import type { Lab } from '@vcryptsim/lab';
import type { BoundExpectation } from '../expectations/expectation-kind.js';
import type { Caller } from '../scene/scene.js';
import type { BoundStep } from '../steps/step-kind.js';

/** A question that the audience answers before the step is taken. */
export interface Quiz {
  readonly ask: string;
  readonly choices: readonly string[];
  /** The right choice, from 1. */
  readonly answer: number;
  readonly why: string;
}

/** One step, ready to be taken. */
export interface PlannedStep {
  readonly verb: string;
  /** The step as the file has it, on one line, for reports. */
  readonly title: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly caller: Caller;
  readonly action: BoundStep;
  readonly expectations: readonly BoundExpectation[];
  readonly quiz: Quiz | null;
  /** Steps that are taken while this one lasts: strands side by side, the steps of each one after the other. */
  readonly strands: readonly (readonly PlannedStep[])[];
}

/** Steps in the order of the file, with those inside others. */
export function allSteps(steps: readonly PlannedStep[]): PlannedStep[] {
  return steps.flatMap((step) => [step, ...allSteps(step.strands.flat())]);
}

/** A scenario file that was read and checked in full. */
export interface Scenario {
  readonly file: string;
  readonly name: string;
  readonly about: string;
  /** The seed that the file asks for, or null. */
  readonly seed: number | null;
  readonly lab: Lab;
  /** Absolute folder against which image paths of the lab are resolved. */
  readonly folder: string;
  /** Parts spliced in and repetitions written out. */
  readonly steps: readonly PlannedStep[];
}
