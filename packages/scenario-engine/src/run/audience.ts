import type { World } from '@vcryptsim/lab';
import type { RunResult, StepResult } from '../reports/result.js';
import type { PlannedStep, Quiz } from '../scenario/scenario.js';
import type { Listener } from '../scene/listener.js';
import type { Observation } from '../scene/observation.js';

/**
 * Who watches a run: a narrator on a terminal, or nobody. What returns a promise may take its time (a person reads,
 * answers, presses a key): virtual time stands still meanwhile.
 */
export interface Audience extends Listener {
  /** The world stands; the first step is about to come. */
  begins(world: World): Promise<void>;
  /** Before a step. */
  stepBegins(step: PlannedStep, world: World): Promise<void>;
  /** Before a step with a quiz: answers a choice from 1, or null when nobody can be asked. */
  ask(quiz: Quiz): Promise<number | null>;
  /** After each step and its checks. */
  stepEnds(step: PlannedStep, result: StepResult, observed: Observation, world: World): Promise<void>;
  /** After the last step and the last check, while the world still stands. */
  ends(result: RunResult, world: World): Promise<void>;
}

/** Nobody watches. */
export const NO_AUDIENCE: Audience = {
  begins: async () => {},
  stepBegins: async () => {},
  ask: async () => null,
  act: () => {},
  say: () => {},
  progress: () => {},
  stepEnds: async () => {},
  ends: async () => {},
};
