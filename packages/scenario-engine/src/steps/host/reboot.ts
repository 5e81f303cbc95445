import { hostNameSchema } from '../lab-arguments.js';
import { stepKind } from '../step-kind.js';

/** `host.reboot`: a host goes down and comes up again; what was in its memory is gone. */
export const hostReboot = stepKind({
  verb: 'host.reboot',
  about: 'A host goes down and boots again; what was in its memory is gone.',
  example: 'host.reboot: esx-1',
  mainField: 'host',
  args: hostNameSchema,
  run: async (name, { world }) => {
    world.releaseHost(name);
    await world.hosts.reboot(name);
    return {};
  },
});
