import type { Finding } from './finding.js';
import type { ServerUnderCheck } from './server-under-check.js';

/** One thing that a vSphere administrator would meet. */
export interface Check {
  /** Short and stable: CI systems and people refer to it. */
  readonly name: string;
  /** What is tried, in one sentence. */
  readonly about: string;
  /** Checks without whose success this one makes no sense. */
  readonly needs: readonly string[];
  /** What vCenter does when this fails. */
  readonly consequence: string;
  /**
   * Tries it.
   *
   * @throws Trouble for a failure: it becomes a finding with this check's consequence
   */
  run(server: ServerUnderCheck): Promise<Finding>;
}
