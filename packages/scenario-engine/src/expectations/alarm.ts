import { ALARM_NAMES, oneOf, plainText } from '@vcryptsim/lab';
import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';
import { listed } from './words.js';

/** `alarm`: an alarm of this name is raised now, with a text in its name or message; `none` means that none is raised. */
export const alarm = expectationKind({
  word: 'alarm',
  about:
    'An alarm is raised now: of this name, with a text in its name or message (name, contains); or none is raised.',
  example: 'alarm: { name: Virtual Machine Locked Alarm, contains: keys }',
  value: () =>
    z.union([
      z.literal('none'),
      z
        .strictObject({ name: oneOf(Object.values(ALARM_NAMES)).optional(), contains: plainText(600).optional() })
        .refine(
          ({ name, contains }) => name !== undefined || contains !== undefined,
          "'name' or 'contains' is missing",
        ),
    ]),
  check: (wanted, { world }) => {
    const alarms = world.vcenter.alarms();
    const lines = alarms.map((each) => `${each.name}: ${each.message}`);
    const fits = (line: string, name: string) =>
      wanted !== 'none' && (wanted.name ?? name) === name && line.includes(wanted.contains ?? '');
    const met = wanted === 'none' ? lines.length === 0 : alarms.some((each, at) => fits(lines[at] ?? '', each.name));
    const { name = 'an alarm', contains } = wanted === 'none' ? {} : wanted;
    return {
      met,
      wanted: wanted === 'none' ? 'no alarm' : `${name}${contains === undefined ? '' : ` with '${contains}'`}`,
      found: listed(lines),
    };
  },
});
