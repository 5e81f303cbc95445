import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';

/** `text`: what the guest read is this text (zeros at the end of the sector left out). */
export const text = expectationKind({
  word: 'text',
  about: 'What the guest read is this text.',
  example: 'text: TOP-SECRET',
  value: () => z.string(),
  check: (wanted, { observed }) => ({
    met: observed.text === wanted,
    wanted: `'${wanted}'`,
    found: observed.text === null ? 'nothing was read' : `'${observed.text.slice(0, 80)}'`,
  }),
});
