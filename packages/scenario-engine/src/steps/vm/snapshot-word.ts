import type { World } from '@vcryptsim/lab';
import { z } from 'zod';
import type { Word } from '../operation/word.js';

/** A snapshot of the step's VM, by its name or its number. Which one that is, its host says when the step is taken. */
export const snapshotWord: Word = {
  field: 'snapshot',
  schema: () => z.union([z.string().min(1), z.int().min(1).transform(String)]),
  resolve: (value) => value,
};

/** The same, or left out: the current snapshot. */
export const maybeSnapshotWord: Word = { ...snapshotWord, isOptional: true };

/** The ID of the snapshot that a step names. @throws LabError NAME_NOT_FOUND, NAME_AMBIGUOUS */
export async function snapshotNamed(
  { vm, snapshot }: Readonly<Record<string, unknown>>,
  world: World,
): Promise<{ readonly snapshot: number }> {
  const { id } = await world.vms.snapshot(String(vm), snapshot === undefined ? undefined : String(snapshot));
  return { snapshot: id };
}
