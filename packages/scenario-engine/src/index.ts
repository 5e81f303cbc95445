export { EXPECTATIONS } from './expectations/registry.js';
export type { Invariant, Violation } from './invariants/invariant.js';
export { INVARIANTS } from './invariants/registry.js';
export { failureLines, verdictOf } from './narrator/failure.js';
export { Narrator, type NextCommands } from './narrator/narrator.js';
export { type Paint, PLAIN } from './narrator/paint.js';
export { jsonReport } from './reports/json-report.js';
export { junitReport } from './reports/junit-report.js';
export { type Audience, NO_AUDIENCE } from './run/audience.js';
export type { Observation } from './run/observation.js';
export type { DiskDigest, Failure, RunResult, StepResult } from './run/result.js';
export { RunError, type RunErrorCode } from './run/run-error.js';
export { type RunOptions, runScenario } from './run/run-scenario.js';
export { formatDuration } from './scenario/duration.js';
export { type ExternalKms, type ExternalKmsOverrides, externalKmsOf } from './scenario/external-kms.js';
export { type LoadOptions, loadScenario, peekScenario } from './scenario/load-scenario.js';
export { nearestWord } from './scenario/nearest-word.js';
export { formatProblem, ScenarioError, type ScenarioProblem } from './scenario/problem.js';
export type { PlannedStep, Quiz, Scenario } from './scenario/scenario.js';
export { STEPS } from './steps/registry.js';
export { openDiskImage } from './world/disk-image.js';
export {
  type KeyServerAccess,
  type KeyServerAccessFiles,
  readKeyServerAccess,
} from './world/key-server-access.js';
export { type RunMark, readRunMark, removeRunFolder } from './world/run-mark.js';
export { World, type WorldOptions } from './world/world.js';
export type { RunEvent, WorldEvent } from './world/world-event.js';
