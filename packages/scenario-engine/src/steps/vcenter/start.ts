import { stepKind } from '../step-kind.js';
import { vcenterNameSchema } from './vcenter-name.js';

/** `vcenter.start`: vCenter boots from its folder. */
export const vcenterStart = stepKind({
  verb: 'vcenter.start',
  about: 'Boots vCenter from its folder, if it is stopped.',
  example: 'vcenter.start: vcenter',
  mainField: 'vcenter',
  args: () => vcenterNameSchema,
  run: async (name, { world }) => {
    await world.startVCenter(name);
    return {};
  },
});
