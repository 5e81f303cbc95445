import { cancelTask } from '@vcryptsim/lab/catalogue';
import { z } from 'zod';
import { operationStep } from '../operation/operation-step.js';

/** `task.cancel`: asks a task to end, by its reference or as the newest of a method (CancelTask). */
export const taskCancel = operationStep(cancelTask, {
  example: 'task.cancel: CreateVM_Task',
  main: 'task',
  words: {
    task: { field: 'task', schema: () => z.string(), resolve: (value, names) => names.task(String(value)) },
  },
});
