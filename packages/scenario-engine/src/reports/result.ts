import type { DiskDigest, Violation } from '@vcryptsim/lab';

/** An expectation that was not met, or a step that failed without one. */
export interface Failure {
  /** The word of the expectation, or `step` for the step itself. */
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
}

/** What came of one step. */
export interface StepResult {
  /** From 1. */
  readonly number: number;
  /** For example `vm.read`; `act` and `say` only tell a story. */
  readonly verb: string;
  readonly title: string;
  readonly file: string;
  readonly line: number;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Virtual time since the run began, in milliseconds. */
  readonly startMs: number;
  readonly durationMs: number;
  /** Real time, in milliseconds; 0 for one inside another, whose time has it. */
  readonly realMs: number;
  readonly failures: readonly Failure[];
  readonly facts: readonly string[];
  /** Number of the step that this one is inside of, beside others; null for all others. */
  readonly inside: number | null;
  /** KMIP operations that were on the wire during the step, one line each. */
  readonly wire: readonly string[];
}

/** What came of a run. */
export interface RunResult {
  readonly scenario: string;
  readonly file: string;
  readonly seed: number;
  readonly clock: 'virtual' | 'real';
  readonly wire: 'tls' | 'memory';
  readonly engine: string;
  /** `HOST:PORT` of an external key server, or null where our own served. */
  readonly externalKms: string | null;
  /** False where outside peers or the real clock made the order a matter of chance. */
  readonly repeatable: boolean;
  readonly status: 'passed' | 'failed';
  readonly folder: string;
  /** The lab's time, in milliseconds. */
  readonly durationMs: number;
  /** Real time, in milliseconds. */
  readonly realMs: number;
  readonly steps: readonly StepResult[];
  readonly violations: readonly Violation[];
  readonly digests: readonly DiskDigest[];
  /** SHA-256 of the event log; the same for the same scenario, seed, engine and wire. */
  readonly eventLogSha256: string;
  /** SHA-256 over names and bytes of every file of the datastores. */
  readonly datastoreSha256: string;
}
