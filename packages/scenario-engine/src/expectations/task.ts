import { ERROR_CODES, oneOf, userNameSchema } from '@vcryptsim/lab';
import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';
import { listed } from './words.js';

const STATES = ['queued', 'running', 'success', 'error'] as const;

/** `task`: vCenter's tasks that were begun in this step hold one like this; `none` means that none was begun. */
export const task = expectationKind({
  word: 'task',
  about:
    "One of vCenter's tasks that began in this step is like this: method (name), state, user, object, code of its refusal (error); or none began.",
  example: 'task: { name: PowerOnVM_Task, state: success, user: administrator }',
  value: () =>
    z.union([
      z.literal('none'),
      z.strictObject({
        name: z.string().optional(),
        state: z.enum(STATES).optional(),
        user: userNameSchema.optional(),
        object: z.string().optional(),
        error: oneOf(ERROR_CODES).optional(),
      }),
    ]),
  check: (wanted, { observed }) => {
    const tasks = observed.tasks();
    const found = listed(
      tasks.map(({ name, state, user, entity, error }) => {
        return `${name} on ${entity.name} by ${user}: ${state}${error === null ? '' : ` (${error.code})`}`;
      }),
    );
    if (wanted === 'none') return { met: tasks.length === 0, wanted: 'no task', found };
    const { name, state, user, object, error } = wanted;
    const parts = [name ?? 'a task', object && `on ${object}`, user && `by ${user}`, state, error];
    return {
      met: tasks.some(
        (each) =>
          (name ?? each.name) === each.name &&
          (state ?? each.state) === each.state &&
          (user ?? each.user) === each.user &&
          (object === undefined || [each.entity.name, each.entity.id].includes(object)) &&
          (error === undefined || each.error?.code === error),
      ),
      wanted: parts.filter(Boolean).join(' '),
      found,
    };
  },
});
