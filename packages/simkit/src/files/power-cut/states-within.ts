import type { CrashModel, Pending } from './crash-model.js';
import type { Plan, PlannedState } from './crash-state.js';
import type { LoggedOperation, WriteEffect } from './effects.js';
import { ALL, NONE, type Part, sectorBorders } from './landing.js';
import { SECTOR_BYTES } from './survivors.js';

/** States of a cut while one operation is under way: all before it is on the medium, of it a part. */
export function* statesWithin(
  model: CrashModel,
  name: string,
  operation: LoggedOperation,
  plan: Plan,
): Generator<PlannedState> {
  const own = operation.effects.flatMap((effect) =>
    effect.kind === 'sync' || effect.kind === 'sync-failed' ? [] : [model.pendingOf(operation, effect)],
  );
  const before: Part[] = model.pending.map(() => ALL);
  const state = (what: string, family: PlannedState['family'], parts: readonly Part[]): PlannedState => ({
    name: `${name}: ${what}`,
    family,
    afterOperation: operation.number - 1,
    build: () => model.build([...before, ...parts], own),
  });
  const [first, second] = own;
  if (first && second) yield state('half', 'torn', [ALL, NONE]);
  if (first?.effect.kind === 'write') yield* tornWrites(model, first, plan, state);
}

function* tornWrites(
  model: CrashModel,
  { effect }: Pending,
  plan: Plan,
  state: (what: string, family: PlannedState['family'], parts: readonly Part[]) => PlannedState,
): Generator<PlannedState> {
  if (effect.kind !== 'write') return;
  const grows = effect.offsetBytes + effect.bytes.length > model.sizeBytes(effect.file);
  if (grows) yield state('hollow', 'hollow', [{ kind: 'first', keptBytes: 0, isHollow: true }]);
  for (const [keptBytes, family] of placesIn(effect, plan)) {
    yield state(`torn at ${keptBytes}`, family, [{ kind: 'first', keptBytes, isHollow: false }]);
    if (grows) yield state(`torn at ${keptBytes}, hollow`, family, [{ kind: 'first', keptBytes, isHollow: true }]);
  }
}

/** Where the write is cut, in bytes from its start, in order. */
function placesIn(write: WriteEffect, plan: Plan): [keptBytes: number, family: PlannedState['family']][] {
  const lengthBytes = write.bytes.length;
  const borders = new Set(sectorBorders(write));
  const places = new Set(borders);
  for (const start of [0, ...borders]) {
    const roomBytes = Math.min(SECTOR_BYTES - ((write.offsetBytes + start) % SECTOR_BYTES), lengthBytes - start);
    for (let cut = 0; cut < plan.cutsInSector && roomBytes > 1; cut++)
      places.add(start + 1 + plan.draw.below(roomBytes - 1));
  }
  for (const at of plan.tornAt(lengthBytes)) places.add(at);
  return [...places]
    .filter((at) => at > 0 && at < lengthBytes)
    .sort((a, b) => a - b)
    .map((at) => [at, borders.has(at) ? 'torn' : 'torn in a sector']);
}
