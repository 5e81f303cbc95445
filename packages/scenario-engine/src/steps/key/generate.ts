import { generateProviderKey } from '@vcryptsim/lab/catalogue';
import type { CryptoKeyId } from '@vcryptsim/ports';
import { operationStep } from '../operation/operation-step.js';
import { providerWord } from '../operation/word.js';

/** `key.generate`: lets a key provider make a key, the default one where none is named (GenerateKey). */
export const keyGenerate = operationStep(generateProviderKey, {
  example: 'key.generate: { provider: corp-kms }',
  main: 'provider',
  words: { providerId: { ...providerWord, isOptional: true } },
  facts: (answer) => {
    const { keyId, providerId } = answer as CryptoKeyId;
    return [`${providerId} made key ${keyId}.`];
  },
});
