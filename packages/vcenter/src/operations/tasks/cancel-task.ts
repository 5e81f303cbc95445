import type { MoRef } from '@vcryptsim/ports';
import { z } from 'zod';
import { VCenterError } from '../../terms/errors.js';
import { refArgument } from '../arguments.js';
import { plainOperation } from '../operation.js';

/**
 * CancelTask: the task ends as soon as its work can be left, in state `error` with REQUEST_CANCELED. Whoever began a task
 * may cancel it.
 *
 * @throws VCenterError OBJECT_NOT_FOUND; INVALID_STATE when it is over
 */
export const cancelTask = plainOperation<'TaskManager', { readonly task: MoRef<'Task'> }, void>({
  name: 'CancelTask',
  on: 'TaskManager',
  verb: 'task.cancel',
  about: 'Asks a task to end.',
  source: 'vSphere API, Task',
  args: z.strictObject({ task: refArgument('Task') }),
  needs: [
    {
      privilege: 'Global.CancelTask',
      on: 'the object of the task',
      when: 'the task is of another user',
      objects: ({ tasks, inventory }, { args, user }) => {
        const task = tasks.find(args.task);
        const id = task?.entity.id as MoRef | undefined;
        return id !== undefined && task?.user !== user && inventory.has(id) ? [id] : [];
      },
      ifMissing: 'NoPermission',
    },
  ],
  run: async ({ tasks }, { args }) => {
    const task = tasks.find(args.task);
    if (!task) {
      const message = `vCenter knows no task ${args.task}. It may be too old; look up the tasks that there are.`;
      throw new VCenterError({ code: 'OBJECT_NOT_FOUND', object: args.task }, message);
    }
    if (tasks.cancel(args.task)) return;
    throw new VCenterError(
      { code: 'INVALID_STATE', state: task.state },
      `Task ${args.task} is over or ends already (${task.state}); it cannot be canceled.`,
    );
  },
});
