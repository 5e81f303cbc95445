import { assert } from '@vcryptsim/ports';
import type { TaskRecord } from '@vcryptsim/vcenter';

/** A vCenter task that ended in `error`: code, sentence and fields of the refusal. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
  constructor(
    readonly code: string,
    message: string,
    /** The refusal with its fields, such as `privilege` and `object`. */
    readonly fault: Readonly<Record<string, unknown>> = { code },
  ) {
    super(message);
  }
}

/** Answers what a task made. @throws TaskError when it failed */
export function succeed(task: TaskRecord): string | null {
  if (task.error !== null) throw new TaskError(task.error.code, task.error.message, task.error.fault);
  assert(task.state === 'success', `task ${task.id} was answered before it ended`);
  return task.result;
}
