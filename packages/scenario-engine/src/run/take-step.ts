import { checkWritten, type DiskDigest, type Violation, type World } from '@vcryptsim/lab';
import type { Failure } from '../reports/result.js';
import type { PlannedStep } from '../scenario/scenario.js';
import type { Listener } from '../scene/listener.js';
import { Observation } from '../scene/observation.js';
import type { Scene } from '../scene/scene.js';
import { type StepError, stepErrorOf } from '../scene/step-error.js';

/** Where a step is taken, and who hears of it. */
export interface StepPlace {
  readonly world: World;
  readonly audience: Listener;
  /** Takes what `vm.digest` compared. */
  readonly digests: DiskDigest[];
}

/** What came of a step and of the checks after it. */
export interface TakenStep {
  readonly observed: Observation;
  /** What it was refused with, where no expectation of the step asks for an error; else null. */
  readonly refusal: StepError | null;
  /** Expectations that were not met. */
  readonly failures: readonly Failure[];
  /** Secrets that the step left where they must not be. */
  readonly violations: readonly Omit<Violation, 'afterStep'>[];
}

/** Refusals that say something of this machine, not of the scenario. */
const ENVIRONMENT_CODES = ['NO_SPACE', 'DATASTORE_NOT_WRITABLE', 'READ_ONLY', 'NOT_PERMITTED', 'TOO_MANY_OPEN', 'IO'];

/** Says whether a refusal is this machine's doing. */
export function isOfThisMachine(code: string): boolean {
  return ENVIRONMENT_CODES.includes(code);
}

/**
 * Takes one step in a world whose clock runs, checks what it expects, and searches what was written for secrets.
 *
 * @param number of the step, from 1
 * @throws what has no code, a mistake of ours; ClockError when the world is stuck
 */
export async function takeStep(step: PlannedStep, number: number, place: StepPlace): Promise<TakenStep> {
  const { world } = place;
  const observed = new Observation(world);
  const { user, via } = step.caller;
  const session = () => world.as(user ?? undefined, via);
  const scene: Scene = { ...place, observed, session };
  world.runEvents.emit({ type: 'STEP_BEGAN', step: number, verb: step.verb });
  try {
    // Who is named is looked up whatever the step does; the administrator only where vCenter is asked.
    if (user !== null) session();
    const { text, facts } = await step.action.run(scene);
    observed.text = text ?? null;
    observed.facts = facts ?? [];
  } catch (error) {
    observed.error = stepErrorOf(error);
  }
  world.runEvents.emit({ type: 'STEP_ENDED', step: number, errorCode: observed.error?.code ?? null });
  const expectsError = step.expectations.some((each) => each.word === 'error');
  const refusal = expectsError ? null : observed.error;
  const failures: Failure[] = [];
  for (const expectation of step.expectations) {
    const { met, wanted, found } = await expectation.check(scene);
    if (!met) failures.push({ what: expectation.word, wanted, found });
  }
  return { observed, refusal, failures, violations: await checkWritten(world) };
}

/** A violation as a failure of the step that left it. */
export function asFailure({ invariant, needle, where, offsetBytes }: Omit<Violation, 'afterStep'>): Failure {
  return { what: invariant, wanted: 'nothing found', found: `${needle} in ${where} at byte ${offsetBytes}` };
}
