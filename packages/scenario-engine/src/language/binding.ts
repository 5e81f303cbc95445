import type { LabNames } from '@vcryptsim/lab';
import type { ScenarioProblem } from './problem.js';
import type { YamlPath, YamlSource } from './yaml-source.js';

/** Where the arguments of a step or expectation stand, and which names they may use. */
export interface BindPlace {
  readonly source: YamlSource;
  readonly path: YamlPath;
  /** Undefined while the lab itself is wrong. */
  readonly names: LabNames | undefined;
}

/** Either a bound thing or all that is wrong with it. */
export type Binding<Bound> = { readonly bound: Bound } | { readonly problems: readonly ScenarioProblem[] };
