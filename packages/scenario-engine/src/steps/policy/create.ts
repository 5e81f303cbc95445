import { createPolicy } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { newNameWord } from '../operation/word.js';

/** `policy.create`: makes a storage policy, one that encrypts where nothing else is said (PbmCreate). */
export const policyCreate = operationStep(createPolicy, {
  example: 'policy.create: { policy: Encrypted and replicated, allowCleartextFilters: true }',
  main: 'policy',
  words: { name: newNameWord('policy') },
  defaults: { description: '', encrypts: true, allowCleartextFilters: false },
  makes: ({ policy }) => [{ kind: 'policies', name: String(policy) }],
});
