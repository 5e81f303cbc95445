import { removeKmipServer } from '@vcryptsim/lab/catalogue';
import { z } from 'zod';
import { operationStep } from '../operation/operation-step.js';
import { providerWord } from '../operation/word.js';

/** `provider.remove-server`: takes a key server out of a provider, also while its keys are in use (RemoveKmipServer). */
export const providerRemoveServer = operationStep(removeKmipServer, {
  example: 'provider.remove-server: { server: kms-2, provider: corp-kms }',
  main: 'server',
  words: { providerId: providerWord, server: { field: 'server', schema: () => z.string(), resolve: (value) => value } },
});
