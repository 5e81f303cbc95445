import { z } from 'zod';
import { stepKind } from '../step-kind.js';
import { filePathSchema } from './file-path.js';

const text = z.string().min(1).max(4096);
const putText = z.string().max(4096);
const FORMS = "give 'find' with 'put', or 'add', or 'drop'";

/** `file.edit`: somebody with the datastore in hand edits a VMX or a descriptor, and asks no host. */
export const fileEdit = stepKind({
  verb: 'file.edit',
  about:
    'Edits a text file of a VM past every host: puts other text in the place of one (find, put), adds a line at the end (add), or takes out the lines that begin with a text (drop).',
  example: "file.edit: { path: '[datastore1] payroll/payroll.vmdk', find: 'RW 8192 ', put: 'RW 4096 ' }",
  mainField: 'path',
  args: (names) =>
    z
      .strictObject({
        path: filePathSchema(names),
        find: text.optional(),
        put: putText.optional(),
        add: text.optional(),
        drop: text.optional(),
      })
      .transform(({ path, find, put, add, drop }, context) => {
        const edits = [
          ...(find !== undefined && put !== undefined ? [{ find, put }] : []),
          ...(add === undefined ? [] : [{ add }]),
          ...(drop === undefined ? [] : [{ drop }]),
        ];
        const isHalf = (find === undefined) !== (put === undefined);
        if (edits.length !== 1 || isHalf) context.addIssue({ code: 'custom', message: FORMS });
        return { place: path, edit: edits[0] ?? { add: '' } };
      }),
  run: async ({ place, edit }, { world }) => {
    const { places } = await world.datastoreFiles.edit(place, edit);
    return {
      facts: [`Edited ${place.fileName} in ${places === 1 ? '1 place' : `${places} places`}, past every host.`],
    };
  },
});
