import { hostNameSchema } from '../lab-arguments.js';
import { stepKind } from '../step-kind.js';

/** `host.crash`: a host loses power in the middle of whatever it does, and boots again. */
export const hostCrash = stepKind({
  verb: 'host.crash',
  about:
    'A host loses power at once and boots again; nothing is closed in order, and what was not durable on its disk may be lost.',
  example: 'host.crash: esx-1',
  mainField: 'host',
  args: hostNameSchema,
  run: async (name, { world }) => {
    await world.power.now({ host: name }, 'some');
    return {};
  },
});
