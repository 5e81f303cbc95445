import { plainText } from '@vcryptsim/lab';
import { stepKind } from '../step-kind.js';

/** `say`: tells the audience something; changes nothing. */
export const say = stepKind({
  verb: 'say',
  about: 'Tells the audience something.',
  example: 'say: The key is in the memory of esx-1.',
  args: () => plainText(600),
  run: async (text, { audience }) => {
    audience.say(text.trim());
    return {};
  },
});
