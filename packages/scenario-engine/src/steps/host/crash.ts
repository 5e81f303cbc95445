import { hostNameSchema } from '../lab-arguments.js';
import { stepKind } from '../step-kind.js';

/** `host.crash`: a host loses power in the middle of whatever it does, and boots again. */
export const hostCrash = stepKind({
  verb: 'host.crash',
  about: 'A host loses power at once and boots again; nothing is closed in order.',
  example: 'host.crash: esx-1',
  mainField: 'host',
  args: hostNameSchema,
  run: async (name, { world }) => {
    world.runEvents.emit({ type: 'HOST_POWER_CUT', host: name });
    await world.hosts.reboot(name);
    return {};
  },
});
