import { searchFolders } from '@vcryptsim/lab';
import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';

/** `datastore.contains`: a text is, or is not, in the bytes of the datastores' files. */
export const datastoreContains = expectationKind({
  word: 'datastore.contains',
  about: 'A text is found, or not, when every byte of the datastore is searched.',
  example: 'datastore.contains: { text: TOP-SECRET, found: false }',
  value: () => z.strictObject({ text: z.string().min(4), found: z.boolean() }),
  check: async ({ text, found }, { world }) => {
    const needle = { name: 'text', bytes: new TextEncoder().encode(text) };
    const match = (await searchFolders(world.files, [needle], [world.folder.datastores]))[0];
    return {
      met: (match !== undefined) === found,
      wanted: `'${text}' ${found ? '' : 'not '}on the datastore`,
      found: match === undefined ? 'nowhere' : `${match.path} at byte ${match.offsetBytes}`,
    };
  },
});
