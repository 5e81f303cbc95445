import type { LabNames } from '@vcryptsim/lab';
import type { z } from 'zod';
import type { BoundExpectation } from '../expectations/expectation-kind.js';
import type { Binding, BindPlace } from '../language/binding.js';
import { checkValue, keysAt } from '../language/schema-problems.js';
import type { Scene } from '../scene/scene.js';
import { type Named, vmNamed } from './named.js';

/** What came of a step. */
export interface StepOutcome {
  /** What a guest read, as text; `expect: {text}` looks at it. */
  readonly text?: string;
  /** Facts for the narrator, one sentence each. */
  readonly facts?: readonly string[];
}

/** What can be said of a step before anything runs. */
export interface StepPlan {
  /** What it makes, or brings into the inventory. */
  readonly makes?: readonly Named[];
  /** What is not there any more after it. */
  readonly drops?: readonly Named[];
  /** What must be there before it. */
  readonly uses?: readonly Named[];
  /** Sectors of a VM's disk that it reads or writes; disks count from 1. */
  readonly sectors?: { readonly vm: string; readonly disk: number; readonly lba: number; readonly sectors: number };
  /** How much of the lab's time it takes at most, in milliseconds. */
  readonly lastsMs?: number;
}

/** A step with its checked arguments inside. */
export interface BoundStep {
  readonly plan: StepPlan;
  /** Takes the step. Throws what the world's parts throw: an expectation of `error` may want exactly that. */
  run(scene: Scene): Promise<StepOutcome>;
}

/** A verb of the scenario language. */
export interface StepKind {
  readonly verb: string;
  /** One sentence for `scenario verbs` and the docs. */
  readonly about: string;
  /** A YAML line that uses it. */
  readonly example: string;
  /** The field that the first words of an order fill; none where its argument is one plain value. */
  readonly mainField: string | null;
  /** Fields that its map has. */
  readonly fields: readonly string[];
  /** Wants conditions beside its own arguments (`until`). */
  readonly takesConditions: boolean;
  /** What its argument is, whatever names a lab has: for documents and editors. */
  readonly schema: z.ZodType;
  bind(value: unknown, place: BindPlace, conditions: readonly BoundExpectation[]): Binding<BoundStep>;
}

/**
 * Registers a verb: its arguments as a schema over the lab's names, and what it does.
 *
 * @param definition `run` gets the arguments as the schema types them
 */
export function stepKind<Args>(definition: {
  readonly verb: string;
  readonly about: string;
  readonly example: string;
  readonly mainField?: string;
  readonly takesConditions?: boolean;
  readonly args: (names: LabNames | undefined) => z.ZodType<Args>;
  /** Nothing, where it is left out. */
  readonly plan?: (args: Args) => StepPlan;
  readonly run: (args: Args, scene: Scene, conditions: readonly BoundExpectation[]) => Promise<StepOutcome>;
}): StepKind {
  return {
    verb: definition.verb,
    about: definition.about,
    example: definition.example,
    mainField: definition.mainField ?? null,
    fields: keysAt(definition.args(undefined), []),
    takesConditions: definition.takesConditions ?? false,
    schema: definition.args(undefined),
    bind(value, place, conditions) {
      const checked = checkValue(definition.args(place.names), value, place.source, place.path);
      if ('problems' in checked) return checked;
      const own = definition.plan?.(checked.value) ?? {};
      const plan = {
        ...own,
        uses: [...(own.uses ?? []), ...conditions.flatMap(({ vm }) => (vm === undefined ? [] : vmNamed(vm)))],
      };
      return { bound: { plan, run: (scene) => definition.run(checked.value, scene, conditions) } };
    },
  };
}
