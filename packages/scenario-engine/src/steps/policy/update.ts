import { updatePolicy } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { newNameWord, policyWord } from '../operation/word.js';

/** `policy.update`: changes a storage policy; what has it stays as it is (PbmUpdate). */
export const policyUpdate = operationStep(updatePolicy, {
  example: 'policy.update: { policy: Encrypted and replicated, encrypts: false, allowCleartextFilters: false }',
  main: 'policy',
  words: { id: policyWord, name: { ...newNameWord('name'), isOptional: true } },
  known: ({ id }, names) => {
    const { name, description, encrypts, allowCleartextFilters } = names.policy(String(id));
    return { name, description, encrypts, allowCleartextFilters };
  },
  makes: ({ name }) => (name === undefined ? [] : [{ kind: 'policies', name: String(name) }]),
});
