import { plainText } from '@vcryptsim/lab';
import { z } from 'zod';
import { stepKind } from '../step-kind.js';

/** `act`: begins a new act of the story. What follows belongs to it until the next one. */
export const act = stepKind({
  verb: 'act',
  about: 'Begins a new act: a title and one or two sentences.',
  example: 'act: { title: The key server goes away, text: No key can be fetched from it now. }',
  args: () => z.strictObject({ title: plainText(80), text: plainText(600) }),
  run: async ({ title, text }, { audience }) => {
    audience.act(title, text.trim());
    return {};
  },
});
