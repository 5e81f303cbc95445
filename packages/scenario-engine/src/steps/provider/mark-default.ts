import { markDefault } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { providerWord } from '../operation/word.js';

/** `provider.mark-default`: makes new keys come from a key provider (MarkDefault). */
export const providerMarkDefault = operationStep(markDefault, {
  example: 'provider.mark-default: corp-kms',
  main: 'provider',
  words: { providerId: providerWord },
});
