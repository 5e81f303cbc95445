import { ADMINISTRATOR, checkWritten, type DiskDigest, LabError, type Violation, type World } from '@vcryptsim/lab';
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
  /** By the lab's clock, when the step and its checks were over. */
  readonly endMs: number;
  /** What came of the steps inside, in the order of the file; null for one that was skipped. */
  readonly inside: readonly TakenInside[];
}

/** What came of a step inside another. */
export interface TakenInside {
  readonly step: PlannedStep;
  readonly number: number;
  readonly taken: TakenStep | null;
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
  const taken = await perform(step, number, place, null);
  return { ...taken, violations: await checkWritten(place.world), endMs: place.world.clock.nowMs };
}

/** @param operationId tells what this step causes from what others beside it do; null where there are none */
async function perform(
  step: PlannedStep,
  number: number,
  place: StepPlace,
  operationId: string | null,
): Promise<TakenStep> {
  const { world } = place;
  const observed = new Observation(world, operationId);
  const { user, via, vcenter } = step.caller;
  const vcenters = () => (vcenter === null ? world.vcenterNames() : [vcenter]).map((name) => world.vcenterNamed(name));
  const session = (asked = vcenters()[0] ?? world.vcenter) =>
    asked.login(user ?? ADMINISTRATOR, via, operationId ?? undefined);
  const scene: Scene = { ...place, observed, session, vcenters };
  const powerCuts = { all: world.power.count, site: world.power.siteCount };
  world.runEvents.emit({ type: 'STEP_BEGAN', step: number, verb: step.verb });
  let inside: readonly TakenInside[] = [];
  try {
    // Who is named is looked up whatever the step does; the administrator only where vCenter is asked.
    if (user !== null) session();
    const { text, facts } = await step.action.run(scene);
    inside = await performInside(step, number, place);
    observed.text = text ?? null;
    observed.facts = facts ?? [];
  } catch (error) {
    observed.error = stepErrorOf(withoutPower(error, world, powerCuts));
  }
  if (operationId === null) await world.power.back();
  world.runEvents.emit({ type: 'STEP_ENDED', step: number, errorCode: observed.error?.code ?? null });
  const expectsError = step.expectations.some((each) => each.word === 'error');
  const refusal = expectsError ? null : observed.error;
  const failures: Failure[] = [];
  for (const expectation of step.expectations) {
    const { met, wanted, found } = await expectation.check(scene);
    if (!met) failures.push({ what: expectation.word, wanted, found });
  }
  return { observed, refusal, failures, violations: [], endMs: world.clock.nowMs, inside };
}

/** Takes the strands of a step side by side, and waits for all of them. After a step that fails the rest of its strand is skipped. */
async function performInside(
  { strands }: PlannedStep,
  number: number,
  place: StepPlace,
): Promise<readonly TakenInside[]> {
  let next = number + 1;
  const numbered = strands.map((strand) => strand.map((step) => ({ step, number: next++ })));
  const ends = await Promise.allSettled(
    numbered.map(async (strand) => {
      const inside: TakenInside[] = [];
      let hasFailed = false;
      for (const { step, number: own } of strand) {
        const taken: TakenStep | null = hasFailed ? null : await perform(step, own, place, `step-${own}`);
        hasFailed ||= taken !== null && (taken.refusal !== null || taken.failures.length > 0);
        inside.push({ step, number: own, taken });
      }
      return inside;
    }),
  );
  return ends.flatMap((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}

/** Codes by which a machine that loses its power fails in the middle of something. */
const POWERLESS_CODES = [...ENVIRONMENT_CODES, 'FILE_INACCESSIBLE', 'HOST_GONE', 'RESET', 'REFUSED'];

/**
 * What a step failed with in which power was lost. When all of it went, nobody was left to refuse anything; when a host
 * went, vCenter's answer stands.
 */
function withoutPower(
  error: unknown,
  { power }: World,
  before: { readonly all: number; readonly site: number },
): unknown {
  const isCoded = error instanceof Error && 'code' in error && typeof error.code === 'string';
  if (power.count === before.all || !isCoded) return error;
  if (power.siteCount === before.site && !POWERLESS_CODES.includes(String(error.code))) return error;
  const next = 'It may be done, or not, or done in part: look before you repeat it.';
  return new LabError('POWER_CUT', `The power went in the middle of this step (${error.message}). ${next}`);
}

/** A violation as a failure of the step that left it. */
export function asFailure({ invariant, needle, where, offsetBytes }: Omit<Violation, 'afterStep'>): Failure {
  return { what: invariant, wanted: 'nothing found', found: `${needle} in ${where} at byte ${offsetBytes}` };
}
