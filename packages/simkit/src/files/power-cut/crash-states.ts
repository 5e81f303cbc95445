import { assert } from '@vcryptsim/ports';
import { SeededEntropy } from '../../entropy/seeded-entropy.js';
import type { CrashHistory } from './crash-log.js';
import { CrashModel } from './crash-model.js';
import type { CrashOptions, CrashState, Plan, PlannedState } from './crash-state.js';
import { operationText } from './effects.js';
import { statesAfter } from './states-after.js';
import { statesWithin } from './states-within.js';
import { SeededDraw } from './survivors.js';

/**
 * Every state that a power cut can leave, in the order of the operations, one at a time: memory holds one image of the
 * medium, whatever their number. States of one moment that are the same are told once.
 */
export function* crashStates(log: CrashHistory, options: CrashOptions = {}): Generator<CrashState> {
  const isPicked = options.sample === undefined ? () => true : spread(log, options, options.sample);
  for (const { build, ...state } of planned(log, options)) {
    if (isPicked()) yield { ...state, files: build() };
    if (options.only === state.name) return;
  }
}

/** How many states {@link crashStates} has without a sample. Builds none. */
export function countCrashStates(log: CrashHistory, options: CrashOptions = {}): number {
  let count = 0;
  for (const _ of planned(log, options)) count++;
  return count;
}

function* planned(log: CrashHistory, options: CrashOptions): Generator<PlannedState> {
  const wanted = options.families && new Set(options.families);
  for (const state of all(log, options)) {
    const isWanted = (!wanted || wanted.has(state.family)) && (options.only ?? state.name) === state.name;
    if (isWanted) yield state;
  }
}

function* all(log: CrashHistory, options: CrashOptions): Generator<PlannedState> {
  const model = new CrashModel(log);
  const from = options.from ?? 1;
  const to = options.to ?? log.operations.length;
  assert(from >= 1, 'operations are numbered from 1');
  const chance = new SeededEntropy(options.seed ?? 1);
  const plan = (number: number): Plan => ({
    subsets: options.subsets ?? 16,
    cutsInSector: options.cutsInSector ?? 1,
    tornAt: options.tornAt ?? (() => []),
    draw: new SeededDraw(chance.fork('crash states', number)),
  });
  let last = 0;
  for (const operation of log.operations) {
    const { number } = operation;
    if (number > to) return;
    const name = `op ${number} ${operationText(operation)}`;
    if (number === from) yield* statesAfter(model, `before ${name}`, number - 1, null, plan(0));
    if (number >= from) yield* statesWithin(model, name, operation, plan(-number));
    model.take(operation);
    if (number >= from) yield* statesAfter(model, name, number, operation, plan(number));
    last = number;
  }
  if (from > last) yield* statesAfter(model, 'at the end', last, null, plan(0));
}

/** Says of each state in turn whether it is in a sample of `size`. */
function spread(log: CrashHistory, options: CrashOptions, size: number): () => boolean {
  const count = countCrashStates(log, options);
  if (count <= size) return () => true;
  const shift = new SeededDraw(new SeededEntropy(options.seed ?? 1).fork('crash sample', 1)).below(2 ** 16) / 2 ** 16;
  let index = 0;
  return () => {
    const before = Math.floor((index / count) * size + shift);
    index++;
    return Math.floor((index / count) * size + shift) > before;
  };
}
