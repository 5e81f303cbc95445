import { stepKind } from '../step-kind.js';
import { backupSchema } from './backup-name.js';

/** `vcenter.backup`: a copy of vCenter's folder, to be put back later. */
export const vcenterBackup = stepKind({
  verb: 'vcenter.backup',
  about: 'Takes a backup of vCenter under a name: a copy of its folder as it is now. It has key IDs, and no key.',
  example: 'vcenter.backup: monday',
  mainField: 'name',
  args: () => backupSchema,
  run: async (name, { world }) => {
    await world.backups.take(name);
    return {};
  },
});
