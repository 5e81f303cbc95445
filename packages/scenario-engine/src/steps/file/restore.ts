import { z } from 'zod';
import { stepKind } from '../step-kind.js';
import { copyNameSchema } from './file-path.js';

/** `file.restore`: a file or folder of a VM is again what it was when the copy was taken. */
export const fileRestore = stepKind({
  verb: 'file.restore',
  about: 'Puts a copy that file.copy took back in its place, past every host; of a folder what came since is gone.',
  example: 'file.restore: monday',
  mainField: 'name',
  args: () => z.union([copyNameSchema, z.strictObject({ name: copyNameSchema }).transform(({ name }) => name)]),
  run: async (name, { world }) => {
    const places = await world.datastoreFiles.restore(name);
    return { facts: [`Put back: ${places.join(', ')}.`] };
  },
});
