import { stepKind } from '../step-kind.js';
import { backupSchema } from './backup-name.js';

/** `vcenter.restore`: vCenter knows again what it knew when the backup was taken, and nothing since. */
export const vcenterRestore = stepKind({
  verb: 'vcenter.restore',
  about: 'Stops vCenter, puts a backup in place of its folder and boots it: what happened since, it does not know.',
  example: 'vcenter.restore: monday',
  mainField: 'name',
  args: () => backupSchema,
  run: async (name, { world }) => {
    await world.backups.restore(name);
    return {};
  },
});
