import {
  checkEverything,
  checkImages,
  type DiskDigest,
  describeWire,
  digestFolder,
  type ExternalKmsOverrides,
  externalKmsOf,
  LabError,
  provePlantedNeedle,
  type Violation,
  type WireMessage,
  World,
} from '@vcryptsim/lab';
import type { FileSystem, FolderLocks } from '@vcryptsim/ports';
import type { Failure, RunResult, StepResult } from '../reports/result.js';
import { allSteps, type PlannedStep, type Scenario } from '../scenario/scenario.js';
import type { Observation } from '../scene/observation.js';
import type { Audience } from './audience.js';
import { writeFailure, writeRunFiles } from './run-files.js';
import { Stopwatch } from './stopwatch.js';
import { asFailure, isOfThisMachine, type TakenInside, type TakenStep, takeStep } from './take-step.js';
import { WireFiles } from './wire-files.js';

/** How to run a scenario. */
export interface RunOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly clock: 'virtual' | 'real';
  readonly wire: 'tls' | 'memory';
  readonly engine: 'auto' | 'native' | 'portable';
  /** Absolute path of a new or empty folder. */
  readonly folder: string;
  /** The user named the folder, so that it is never removed as an old one. Default false. */
  readonly isKept?: boolean;
  /** Keeps other processes out of the folder. */
  readonly locks?: FolderLocks;
  readonly files: FileSystem;
  readonly diskImage?: string;
  /** What to use instead of the external key server that the scenario names, part by part. */
  readonly externalKms?: ExternalKmsOverrides;
  readonly audience: Audience;
  /** Absolute path of a new or empty folder for what is on vCenter's wire, redacted; nothing is saved without it. */
  readonly saveWire?: string;
}

/**
 * Runs a scenario from its first step to its last check: builds the world, takes each step, checks what the scenario
 * expects and what must always hold, and ends the world. After the first step that fails the rest is skipped. What
 * happens is written down while it happens and stays, also when the run ends before its end.
 *
 * @throws LabError, FileError when the world cannot be built or the search for secrets is broken; a step's own errors
 *   are results, not exceptions
 */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  const { lab, folder: scenarioFolder } = options.scenario;
  const externalKms = externalKmsOf(lab.kms.external, scenarioFolder, options.externalKms ?? {});
  const wire = options.saveWire === undefined ? null : await WireFiles.make(options.files, options.saveWire);
  const onWireMessage = wire && ((message: WireMessage) => wire.take(message));
  const worldOptions = { ...options, lab, scenarioFolder, externalKms, ...(onWireMessage && { onWireMessage }) };
  await checkImages(worldOptions);
  return runInWorld(options, await World.build(worldOptions), wire);
}

async function runInWorld(options: RunOptions, world: World, wire: WireFiles | null): Promise<RunResult> {
  const { scenario, audience } = options;
  const run = new Run(options, world);
  try {
    await audience.begins(world);
    for (const step of scenario.steps) {
      await run.take(step);
      await wire?.flush();
    }
    const result = await run.end();
    await audience.ends(result, world);
    return result;
  } catch (error) {
    const { files, seed } = options;
    await writeFailure(files, world, { scenario: scenario.name, seed, steps: run.steps, error });
    throw error;
  } finally {
    await world.dispose().finally(() => wire?.flush());
  }
}

/** One run under way. */
class Run {
  readonly #options: RunOptions;
  readonly #world: World;
  readonly #startMs: number;
  readonly #stopwatch: Stopwatch;
  readonly #steps: StepResult[] = [];
  readonly #violations: Violation[] = [];
  readonly #digests: DiskDigest[] = [];

  constructor(options: RunOptions, world: World) {
    this.#options = options;
    this.#world = world;
    this.#startMs = world.clock.nowMs;
    this.#stopwatch = new Stopwatch();
  }

  /** What came of each step so far. */
  get steps(): readonly StepResult[] {
    return this.#steps;
  }

  async take(step: PlannedStep): Promise<void> {
    const { audience } = this.#options;
    const number = this.#steps.length + 1;
    if (this.#failed()) {
      this.#stopwatch.lap();
      this.#steps.push(this.#result(step, number, 'skipped', [], null));
      for (const each of allSteps(step.strands.flat())) {
        this.#steps.push(this.#result(each, this.#steps.length + 1, 'skipped', [], null, number));
      }
      return;
    }
    await audience.stepBegins(step, this.#world);
    this.#stopwatch.lap();
    for (const { quiz } of allSteps([step])) if (quiz !== null) await audience.ask(quiz);
    const { observed, failures, inside } = await this.#world.run(() => this.#perform(step, number));
    const result = this.#result(step, number, failures.length === 0 ? 'passed' : 'failed', failures, observed);
    this.#steps.push(result);
    await this.#world.evidence.settle();
    await audience.stepEnds(step, result, observed, this.#world);
    for (const each of inside) await this.#tellInside(each, number);
  }

  async end(): Promise<RunResult> {
    const { scenario, seed, clock, wire } = this.#options;
    const world = this.#world;
    const datastoreSha256 = await world.run(async () => {
      this.#violate(await checkEverything(world), 0);
      await provePlantedNeedle(world);
      return digestFolder(world.files, world.folder.datastores);
    });
    const result: RunResult = {
      scenario: scenario.name,
      file: scenario.file,
      seed,
      clock,
      wire,
      engine: world.engineName,
      externalKms: world.externalKms,
      repeatable: clock === 'virtual' && world.externalKms === null,
      status: this.#failed() ? 'failed' : 'passed',
      folder: world.folder.path,
      durationMs: world.clock.nowMs - this.#startMs,
      realMs: this.#stopwatch.sinceStartMs(),
      steps: this.#steps,
      violations: this.#violations,
      digests: this.#digests,
      eventLogSha256: world.log.digest(),
      datastoreSha256,
    };
    await writeRunFiles(this.#options.files, world, result);
    return result;
  }

  async #tellInside({ step, number, taken }: TakenInside, outside: number): Promise<void> {
    const failures = taken === null ? [] : [...refusalOf(taken), ...taken.failures];
    const status = taken === null ? 'skipped' : failures.length === 0 ? 'passed' : 'failed';
    const observed = taken?.observed ?? null;
    const result = this.#result(step, number, status, failures, observed, outside, taken?.endMs);
    this.#steps.push(result);
    if (observed !== null) await this.#options.audience.stepEnds(step, result, observed, this.#world);
  }

  async #perform(
    step: PlannedStep,
    number: number,
  ): Promise<{ observed: Observation; failures: Failure[]; inside: readonly TakenInside[] }> {
    const { audience } = this.#options;
    const taken = await takeStep(step, number, { world: this.#world, audience, digests: this.#digests });
    const { observed, inside } = taken;
    for (const { refusal } of [taken, ...inside.flatMap((each) => each.taken ?? [])]) {
      if (refusal !== null && isOfThisMachine(refusal.code) && !this.#world.hasDiskFaults) {
        throw new LabError('ENVIRONMENT', refusal.message);
      }
    }
    return { observed, failures: [...refusalOf(taken), ...this.#failures(taken, number)], inside };
  }

  #failures({ failures, violations }: TakenStep, number: number): Failure[] {
    return [...failures, ...this.#violate(violations, number).map(asFailure)];
  }

  #violate(found: readonly Omit<Violation, 'afterStep'>[], afterStep: number): Violation[] {
    const violations = found.map((each) => ({ ...each, afterStep }));
    this.#violations.push(...violations);
    return violations;
  }

  #failed(): boolean {
    return this.#violations.length > 0 || this.#steps.some((step) => step.status === 'failed');
  }

  #result(
    { verb, title, file, line }: PlannedStep,
    number: number,
    status: StepResult['status'],
    failures: readonly Failure[],
    observed: Observation | null,
    inside: number | null = null,
    endMs = this.#world.clock.nowMs,
  ): StepResult {
    const nowMs = endMs;
    const beganMs = observed?.startMs ?? nowMs;
    return {
      number,
      verb,
      title,
      file,
      line,
      status,
      startMs: beganMs - this.#startMs,
      durationMs: nowMs - beganMs,
      realMs: inside === null ? this.#stopwatch.sinceLapMs() : 0,
      failures,
      facts: observed?.facts ?? [],
      inside,
      wire: observed === null ? [] : describeWire(observed),
    };
  }
}

function refusalOf({ refusal }: TakenStep): Failure[] {
  return refusal === null ? [] : [{ what: 'step', wanted: 'no error', found: `${refusal.code}: ${refusal.message}` }];
}
