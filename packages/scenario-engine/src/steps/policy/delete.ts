import { deletePolicy } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { policyWord } from '../operation/word.js';

/** `policy.delete`: removes a storage policy that nothing has (PbmDelete). */
export const policyDelete = operationStep(deletePolicy, {
  example: 'policy.delete: Encrypted and replicated',
  main: 'policy',
  words: { id: policyWord },
  drops: ({ policy }) => [{ kind: 'policies', name: String(policy) }],
});
