import { LabError, type ScanNeedle, searchFolders, type World } from '@vcryptsim/lab';
import { z } from 'zod';
import { stepKind } from '../step-kind.js';

const NAMES = { keks: 'KEKs', deks: 'DEKs' } as const;
const PLACES = ['kms', 'vcenter', 'hosts', 'datastores', 'exports'] as const;

/**
 * `scan`: searches every byte of some folders of the run for secrets of this run (keks, deks) or a text, raw, in hex and
 * in base64; fails with SECRET_FOUND or, where it is to be found, SECRET_NOT_FOUND.
 */
export const scan = stepKind({
  verb: 'scan',
  about: 'Searches files of the run for KEKs, DEKs or a text; found: false (default) or true says what is expected.',
  example: 'scan: { needle: keks, places: [vcenter, hosts, datastores] }',
  mainField: 'needle',
  args: () =>
    z.strictObject({
      needle: z.union([z.enum(['keks', 'deks']), z.strictObject({ text: z.string().min(4) })]),
      places: z.array(z.enum(PLACES)).min(1),
      found: z.boolean().default(false),
    }),
  run: async ({ needle, places, found }, { world }) => {
    const needles = needlesOf(needle, world);
    const folders = places.map((place) => world.folder[place]);
    const match = (await searchFolders(world.files, needles, folders))[0];
    if (match !== undefined && !found) {
      throw new LabError('SECRET_FOUND', `${match.needle} was found in ${match.path} at byte ${match.offsetBytes}.`);
    }
    if (match === undefined && found) {
      throw new LabError(
        'SECRET_NOT_FOUND',
        `None of the ${needles.length} needles was found in ${places.join(', ')}.`,
      );
    }
    const what = typeof needle === 'string' ? `the ${needles.length} ${NAMES[needle]}` : 'the text';
    return { facts: [`Every byte of ${places.join(', ')} searched for ${what}: ${found ? 'found' : 'not there'}.`] };
  },
});

function needlesOf(needle: 'keks' | 'deks' | { readonly text: string }, world: World): ScanNeedle[] {
  if (typeof needle === 'object') return [{ name: 'the text', bytes: new TextEncoder().encode(needle.text) }];
  return world.needles.of(needle === 'keks' ? 'kek' : 'dek');
}
