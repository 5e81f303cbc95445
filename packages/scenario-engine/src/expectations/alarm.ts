import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';
import { listed } from './words.js';

/** `alarm`: an alarm that is raised now contains a text in its name or message; `none` means that none is raised. */
export const alarm = expectationKind({
  word: 'alarm',
  about: 'An alarm that is raised now contains a text, in its name or its message; or none is raised.',
  value: () => z.union([z.literal('none'), z.strictObject({ contains: z.string().min(1) })]),
  check: (wanted, { world }) => {
    const lines = world.vcenter.alarms().map((each) => `${each.name}: ${each.message}`);
    const met = wanted === 'none' ? lines.length === 0 : lines.some((line) => line.includes(wanted.contains));
    return {
      met,
      wanted: wanted === 'none' ? 'no alarm' : `an alarm with '${wanted.contains}'`,
      found: listed(lines),
    };
  },
});
