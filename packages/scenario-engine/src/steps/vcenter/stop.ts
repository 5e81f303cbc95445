import { stepKind } from '../step-kind.js';
import { vcenterNameSchema } from './vcenter-name.js';

/** `vcenter.stop`: vCenter ends; hosts and VMs go on without it. */
export const vcenterStop = stepKind({
  verb: 'vcenter.stop',
  about: 'Stops vCenter; hosts and VMs go on without it. Its tasks that run are waited for.',
  example: 'vcenter.stop: vcenter',
  mainField: 'vcenter',
  args: () => vcenterNameSchema,
  run: async (name, { world }) => {
    await world.stopVCenter(name);
    return {};
  },
});
