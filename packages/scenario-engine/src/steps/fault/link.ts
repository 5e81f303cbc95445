import { z } from 'zod';
import { stepKind } from '../step-kind.js';
import { breakLink, linkSchema, linkText } from './link-ends.js';

/** `fault.link`: breaks the way from a vCenter to a host or key server until `fault.clear`. */
export const faultLink = stepKind({
  verb: 'fault.link',
  about:
    'Breaks the link of a vCenter to a host or key server: cut (what is under way is lost, nothing gets through), hang (nothing comes back until it is cleared, or a minute is over). It holds for calls already under way.',
  example: 'fault.link: { between: [vcenter, esx-1], mode: cut }',
  mainField: 'between',
  args: (names) => z.strictObject({ between: linkSchema(names), mode: z.enum(['cut', 'hang']) }),
  run: async ({ between, mode }, { world }) => {
    await breakLink(between, mode, world);
    world.runEvents.emit({ type: 'FAULT_SET', server: linkText(between), fault: mode });
    return {};
  },
});
