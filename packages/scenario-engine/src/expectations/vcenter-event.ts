import { userNameSchema, VCENTER_EVENT_TYPES } from '@vcryptsim/lab';
import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';
import { listed } from './words.js';

/**
 * `vcenter.event`: vCenter's own Events of this step hold one like this: a text in its type or message, its type, who
 * caused it, which object it is about, which values it speaks of.
 */
export const vcenterEvent = expectationKind({
  word: 'vcenter.event',
  about:
    "One of vCenter's own Events of this step is like this: a text in its type or message (contains), type, user, object, values (arguments).",
  example: 'vcenter.event: { contains: Virtual machine is locked }',
  value: () =>
    z
      .strictObject({
        contains: z.string().min(1).optional(),
        type: z.enum(VCENTER_EVENT_TYPES as readonly [string, ...string[]]).optional(),
        user: z.union([z.literal('vpxd'), userNameSchema]).optional(),
        object: z.string().optional(),
        arguments: z.record(z.string(), z.string()).optional(),
      })
      .refine((wanted) => Object.keys(wanted).length > 0, "'contains' or 'type' is missing"),
  check: (wanted, { observed }) => {
    const records = observed.vcenterEvents();
    const { contains = '', type, user, object } = wanted;
    const values = Object.entries(wanted.arguments ?? {});
    const fits = (record: (typeof records)[number]) =>
      `${record.type}: ${record.message}`.includes(contains) &&
      (type ?? record.type) === record.type &&
      (user ?? record.user) === record.user &&
      (object === undefined || [record.entity.name, record.entity.id].includes(object)) &&
      values.every(([name, value]) => record.arguments[name] === value);
    const parts = [
      contains && `'${contains}'`,
      type,
      user && `by ${user}`,
      object && `about ${object}`,
      ...values.map(([name, value]) => `${name} ${value}`),
    ];
    return {
      met: records.some(fits),
      wanted: `an Event with ${parts.filter(Boolean).join(', ')}`,
      found: listed(
        records.map(({ type: each, message, user: by, entity }) => `${each}: ${message} (${entity.name}, by ${by})`),
      ),
    };
  },
});
