import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';
import { listed } from './words.js';

/** `vcenter.event`: vCenter's own Events of this step hold one whose type or message contains a text. */
export const vcenterEvent = expectationKind({
  word: 'vcenter.event',
  about: "One of vCenter's own Events of this step contains a text, in its type or its message.",
  example: 'vcenter.event: { contains: Virtual machine is locked }',
  value: () => z.strictObject({ contains: z.string().min(1) }),
  check: ({ contains }, { world, observed }) => {
    const records = world.vcenter.eventRecords().filter((record) => record.createdMs >= observed.startMs);
    const lines = records.map((record) => `${record.type}: ${record.message}`);
    return {
      met: lines.some((line) => line.includes(contains)),
      wanted: `an Event with '${contains}'`,
      found: listed(lines),
    };
  },
});
