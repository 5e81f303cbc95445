import { z } from 'zod';
import { stepKind } from '../step-kind.js';
import { anyPathSchema, copyNameSchema } from './file-path.js';

/** `file.copy`: a copy of a VM's file or folder, to be put back later. */
export const fileCopy = stepKind({
  verb: 'file.copy',
  about: "Copies a file of a VM, or its whole folder, under a name: a backup of the datastore, or a thief's copy.",
  example: "file.copy: { path: '[datastore1] payroll', name: monday }",
  mainField: 'path',
  args: (names) => z.strictObject({ path: anyPathSchema(names), name: copyNameSchema }),
  run: async ({ path, name }, { world }) => {
    await world.datastoreFiles.copy(path, name);
    return {};
  },
});
