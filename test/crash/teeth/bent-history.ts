// An operation whose order of file operations is wrong in one place: an fsync that does nothing, or two that changed places.
import { type CrashHistory, crashStates, type LoggedOperation } from '@vcryptsim/simkit';
import { digestOf } from '../support/image.js';

/** A history of the work with one thing wrong. */
export interface Bent {
  /** `drop fsync web.vmx.new`: the same in each run. */
  readonly name: string;
  readonly history: CrashHistory;
  /** States from this operation on differ from those of the right history. */
  readonly from: number;
  readonly labels: Labels;
}

/** What the work did, and when its steps were answered. */
export interface Work {
  readonly history: CrashHistory;
  /** Number of the first operation of the work. */
  readonly from: number;
  /** So many operations had been made when each step was answered. */
  readonly answers: readonly number[];
  readonly labels: Labels;
}

/** What each operation is called, by what was called: kind and file, numbered where there are several. */
export type Labels = ReadonlyMap<LoggedOperation['operation'], string>;

/**
 * Each fsync of the work dropped, of files and of folders, and each adjacent pair of durable operations exchanged. A durable
 * operation is an fsync after which something survives a cut that did not before, with all that was done since the one before:
 * a file written where it is, or files made, renamed and removed up to the fsync of their folder. What is written to vmware.log
 * does not count, nor do locks and heartbeats. No pair are two of which the second uses a name or a file that the first makes, and two between which the
 * user had an answer.
 */
export async function bentHistories(work: Work): Promise<readonly Bent[]> {
  const { history, from } = work;
  const label = (index: number) => labelAt(work, index);
  const drops = history.operations.flatMap((each, index) =>
    index + 1 >= from && isFsync(each) ? [dropped(work, index, `drop ${label(index)}`)] : [],
  );
  const ends = await durableOperations(work);
  const swaps = ends.flatMap((second, at) => {
    const [before, first] = [ends[at - 2] ?? from - 2, ends[at - 1]];
    if (first === undefined || !canSwap(work, before, first, second)) return [];
    return [swapped(work, before, first, second, `swap ${label(first)} with ${label(second)}`)];
  });
  return [...drops, ...swaps];
}

/** The same history with one more fsync dropped: that of this name. Null where there is none. */
export function alsoDropped(bent: Bent, fsync: string): Bent | null {
  const index = bent.history.operations.findIndex((_, each) => labelAt(bent, each) === fsync);
  if (index < 0) return null;
  return { ...bent, ...dropped(bent, index, `${bent.name}, drop ${fsync}`), from: Math.min(bent.from, index + 1) };
}

function labelAt({ history, labels }: Pick<Work, 'history' | 'labels'>, index: number): string {
  const operation = history.operations[index]?.operation;
  return (operation && labels.get(operation)) ?? '';
}

/** Where each durable operation ends: the indexes of their fsyncs. */
async function durableOperations({ history, from }: Work): Promise<readonly number[]> {
  const survives = new Map<number, string>();
  for (const { afterOperation, family, files } of crashStates(history, { from, families: ['clean', 'unsynced lost'] }))
    if (family === 'unsynced lost' || !survives.has(afterOperation))
      survives.set(afterOperation, await digestOf(files, (path) => !path.endsWith('/vmware.log') && !isOfLock(path)));
  return history.operations.flatMap((each, index) =>
    index + 1 >= from && isFsync(each) && survives.get(index + 1) !== survives.get(index) ? [index] : [],
  );
}

function isFsync({ operation }: LoggedOperation): boolean {
  return /^fsync/.test(operation.kind) && !isOfLock('path' in operation ? operation.path : operation.to);
}

/** Locks and heartbeats: whoever holds one is gone after a cut of the host, so nothing of them has to survive it. */
function isOfLock(path: string): boolean {
  return /\/\.(?:vh|lock)\.sf(?:\/|$)|\.lck$/.test(path);
}

function dropped({ history, from, labels }: Omit<Work, 'answers'>, gone: number, name: string): Bent {
  const operations = history.operations.map((each, index) => (index === gone ? { ...each, effects: [] } : each));
  return { name, history: { start: history.start, operations }, from: Math.max(from, gone + 1), labels };
}

function swapped({ history, labels }: Work, before: number, first: number, second: number, name: string): Bent {
  const { operations } = history;
  const order = [
    ...operations.slice(0, before + 1),
    ...operations.slice(first + 1, second + 1),
    ...operations.slice(before + 1, first + 1),
    ...operations.slice(second + 1),
  ];
  const numbered = order.map((each, index) => ({ ...each, number: index + 1 }));
  return { name, history: { start: history.start, operations: numbered }, from: before + 2, labels };
}

function canSwap({ history, answers }: Work, before: number, first: number, second: number): boolean {
  if (answers.some((answered) => answered > first && answered <= second)) return false;
  const one = history.operations.slice(before + 1, first + 1).flatMap(({ effects }) => effects);
  const other = history.operations.slice(first + 1, second + 1).flatMap(({ effects }) => effects);
  const places = new Set(one.flatMap(placesOf));
  const made = new Set(one.flatMap(madeBy));
  return !other.some(
    (effect) => placesOf(effect).some((place) => places.has(place)) || usedBy(effect).some((node) => made.has(node)),
  );
}

type Effect = LoggedOperation['effects'][number];

/** Files and folders that get their first name. */
function madeBy(effect: Effect): readonly unknown[] {
  if (effect.kind !== 'entries') return [];
  const removed = effect.changes.map(({ before }) => before);
  return effect.changes.flatMap(({ after }) => (after !== null && !removed.includes(after) ? [after] : []));
}

/** Files whose content is changed or made durable, and folders that get or lose names. */
function usedBy(effect: Effect): readonly unknown[] {
  if (effect.kind === 'entries') return effect.changes.map(({ folder }) => folder);
  return [effect.kind === 'sync' || effect.kind === 'sync-failed' ? effect.node : effect.file];
}

function placesOf(effect: Effect): readonly string[] {
  return effect.kind === 'entries' ? effect.changes.map(({ folder, name }) => `${folder.number}/${name}`) : [];
}

/** Calls each operation something that is the same in each run. */
export function labelsOf(operations: readonly LoggedOperation[]): Labels {
  const seen = new Map<string, number>();
  const labels = new Map<LoggedOperation['operation'], string>();
  for (const { operation } of operations) {
    const path = 'path' in operation ? operation.path : operation.to;
    const file = path.split('/').at(-1) ?? path;
    const name = `${operation.kind} ${file.replace(/\.lck\..*$/, '.lck.HOST')}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    labels.set(operation, count > 1 ? `${name} (${count})` : name);
  }
  return labels;
}
