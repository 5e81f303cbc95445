import { folderOf } from '@vcryptsim/ports';
import type { CrashModel, Pending } from './crash-model.js';
import type { Plan, PlannedState } from './crash-state.js';
import type { EntriesEffect, LoggedOperation } from './effects.js';
import { thoseThatCan, withWhatTheyNeed } from './entry-order.js';
import type { FileNode } from './file-node.js';
import { ALL, LENGTH, NONE, type Part, sectorCount, signatureOf } from './landing.js';
import type { SeededDraw } from './survivors.js';

type Family = PlannedState['family'];
type Parts = readonly Part[];

/** Of the newest so many pending effects each is lost alone. */
const LOST_ALONE_MAX = 8;

/**
 * States of a cut between two operations: which part of what is pending is on the medium.
 *
 * @param operation the last one that was made; null at the beginning
 */
export function* statesAfter(
  model: CrashModel,
  name: string,
  afterOperation: number,
  operation: LoggedOperation | null,
  plan: Plan,
): Generator<PlannedState> {
  const seen = new Set<string>();
  const names = new Map<string, number>();
  for (const [what, family, parts] of choices(model, operation, plan)) {
    const signature = parts.map(signatureOf).join();
    if (seen.has(signature)) continue;
    seen.add(signature);
    // Two files may have had one path, and one operation two effects.
    const sameName = (names.get(what) ?? 0) + 1;
    names.set(what, sameName);
    const full = `${name}: ${what}${sameName > 1 ? ` (${sameName})` : ''}`;
    yield { name: full, family, afterOperation, build: () => model.build(parts) };
  }
}

function* choices(
  model: CrashModel,
  operation: LoggedOperation | null,
  plan: Plan,
): Generator<[what: string, family: Family, parts: Parts]> {
  const { pending } = model;
  yield ['all landed', 'clean', pending.map(() => ALL)];
  yield ['unsynced lost', 'unsynced lost', pending.map(() => NONE)];
  yield ['only this landed', 'reordered', onlyThose(pending, (one) => one.operation === operation)];
  for (const { what, isOf } of thingsIn(pending)) {
    yield [`${what} lost`, 'one lost', allBut(pending, isOf)];
    yield [`only ${what} landed`, 'one landed', onlyThose(pending, isOf)];
  }
  for (const lost of pending.slice(-LOST_ALONE_MAX))
    yield [`op ${lost.operation.number} lost`, 'one lost', allBut(pending, (one) => one === lost)];
  for (const file of growing(model))
    yield [
      `${file.what} hollow`,
      'hollow',
      pending.map((one) => (one.effect.kind === 'write' && one.effect.file === file.node ? LENGTH : ALL)),
    ];
  for (let subset = 1; subset <= plan.subsets && pending.length > 0; subset++)
    yield [`subset ${subset}`, 'subset', drawn(model, plan.draw)];
}

/** All but those, and but the names that need them. */
function allBut(pending: readonly Pending[], isLost: (one: Pending) => boolean): Parts {
  return named(pending, thoseThatCan, (one) => (isLost(one) ? NONE : ALL));
}

/** Those, and the names that they need. */
function onlyThose(pending: readonly Pending[], isLanded: (one: Pending) => boolean): Parts {
  return named(pending, withWhatTheyNeed, (one) => (isLanded(one) ? ALL : NONE));
}

function drawn(model: CrashModel, draw: SeededDraw): Parts {
  return named(model.pending, thoseThatCan, ({ effect }): Part => {
    if (effect.kind !== 'write') return draw.survives() ? ALL : NONE;
    const landed = Array.from({ length: sectorCount(effect) }, () => draw.survives());
    // What makes no file longer has no length to lose.
    const grows = effect.offsetBytes + effect.bytes.length > model.durableSizeBytes(effect.file);
    const hasLength = draw.survives() || !grows;
    if (landed.every(Boolean) && hasLength) return ALL;
    if (landed.some(Boolean)) return { kind: 'sectors', landed, hasLength };
    return grows && hasLength ? LENGTH : NONE;
  });
}

/** A part for each, as far as the order of names allows it. */
function named(
  pending: readonly Pending[],
  inOrder: (effects: readonly EntriesEffect[], wanted: readonly boolean[]) => boolean[],
  partOf: (one: Pending) => Part,
): Parts {
  const parts = pending.map(partOf);
  const effects: EntriesEffect[] = [];
  const wanted: boolean[] = [];
  for (const [index, { effect }] of pending.entries()) {
    if (effect.kind !== 'entries') continue;
    effects.push(effect);
    wanted.push(parts[index] !== NONE);
  }
  const landed = inOrder(effects, wanted);
  let at = 0;
  return parts.map((part, index) => (pending[index]?.effect.kind === 'entries' ? (landed[at++] ? ALL : NONE) : part));
}

/** What is pending by what it is pending on: contents of files, names in folders. */
function thingsIn(pending: readonly Pending[]): { what: string; isOf: (one: Pending) => boolean }[] {
  const contents = new Map<FileNode, string>();
  const folders = new Map<FileNode, string>();
  for (const { effect, operation } of pending) {
    if (effect.kind !== 'entries') contents.set(effect.file, `content of ${pathOf(operation)}`);
    else for (const { folder } of effect.changes) folders.set(folder, `names in ${folderOf(pathOf(operation))}`);
  }
  return [
    ...[...contents].map(([file, what]) => ({
      what,
      isOf: ({ effect }: Pending) => effect.kind !== 'entries' && effect.file === file,
    })),
    ...[...folders].map(([folder, what]) => ({
      what,
      isOf: ({ effect }: Pending) =>
        effect.kind === 'entries' && effect.changes.some((change) => change.folder === folder),
    })),
  ];
}

function pathOf({ operation }: LoggedOperation): string {
  return 'path' in operation ? operation.path : operation.to;
}

/** Files that a pending write makes longer. */
function growing(model: CrashModel): { readonly node: FileNode; readonly what: string }[] {
  const found = new Map<FileNode, string>();
  for (const { effect, operation } of model.pending) {
    if (effect.kind !== 'write') continue;
    if (effect.offsetBytes + effect.bytes.length > model.durableSizeBytes(effect.file))
      found.set(effect.file, pathOf(operation));
  }
  return [...found].map(([node, what]) => ({ node, what }));
}
